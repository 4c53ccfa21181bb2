import { describe, expect, it } from 'vitest';
import type { Asked, Deploy } from '../deploys/deploy.ts';
import { deployToJoin, type Wanted } from './join.ts';

const oid = 'a'.repeat(40);
const zero = '0'.repeat(40);
const wanted: Wanted = {
  revision: { branch: 'main', ref: 'refs/heads/main', oid, oldOid: zero, git: { GIT_QUARANTINE_PATH: '/mine' } },
  options: { noCache: false, skipDeploy: false, dryRun: false },
};

/** A deploy of the same, but for a change. */
function makeDeploy(revision: object = {}, options: object = {}, change: object = {}) {
  const asked = {
    trigger: { kind: 'push', via: 'ssh' },
    revision: { ...wanted.revision, git: { GIT_QUARANTINE_PATH: '/other' }, ...revision },
    options: { ...wanted.options, ...options },
  };
  return { asked: asked as unknown as Asked, hasTurn: true, ...change } as Pick<Deploy, 'asked' | 'hasTurn'>;
}

describe('a push', () => {
  it('joins the deploy of the same commit that has its turn', () => {
    const same = makeDeploy();
    expect(deployToJoin([makeDeploy({ oid: 'b'.repeat(40) }), same], wanted)).toBe(same);
  });

  it.each([
    ['of another commit', makeDeploy({ oid: 'b'.repeat(40) })],
    ['of another branch', makeDeploy({ branch: 'master', ref: 'refs/heads/master' })],
    ['to another ref', makeDeploy({ ref: 'refs/rollback/1', rollbackTo: 1 })],
    ['that moves the branch from elsewhere', makeDeploy({ oldOid: 'c'.repeat(40) })],
    ['without any cache', makeDeploy({}, { noCache: true })],
    ['that only builds', makeDeploy({}, { skipDeploy: true })],
    ['that only checks', makeDeploy({}, { dryRun: true })],
    ['that waits for its turn, has ended or is cancelled', makeDeploy({}, {}, { hasTurn: false })],
    ['that git is still receiving', makeDeploy({}, {}, { asked: undefined })],
    [
      'that a command has asked for',
      makeDeploy({}, {}, { asked: { ...makeDeploy().asked, trigger: { kind: 'redeploy' } } }),
    ],
  ])('joins no deploy %s', (_, other) => {
    expect(deployToJoin([other], wanted)).toBeUndefined();
  });
});
