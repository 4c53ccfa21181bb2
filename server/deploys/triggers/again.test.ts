import { describe, expect, it } from 'vitest';
import type { Remote } from '../../../remote-crd/index.ts';
import { EnvChange } from '../../env/env-change.ts';
import { env } from './env.ts';
import { redeploy } from './redeploy.ts';
import { restart } from './restart.ts';
import { makeRepository, oid } from './testing/releases.ts';

const remote = { id: 'ns/app', branch: 'main', environments: [] } as unknown as Remote;
const two = () => makeRepository([{}, {}]);

describe('a redeploy', () => {
  it('runs what runs again, with its recorded images', async () => {
    const { revision, options, givesWay } = await redeploy.ask({ noCache: false, dryRun: false }, { remote, ...two() });
    const recorded = { ref: 'refs/rollback/2', rollbackTo: 2, oid: oid(2), oldOid: '0'.repeat(40), git: {} };
    expect(revision).toEqual({ ...recorded, branch: 'main', again: 'redeploy' });
    expect(options).toEqual({ noCache: false, skipDeploy: false, dryRun: false });
    expect(givesWay).toBe(true);
  });

  it('without the cache builds the commit that runs, which is where the branch is', async () => {
    const { revision, options } = await redeploy.ask({ noCache: true, dryRun: true }, { remote, ...two() });
    const ref = 'refs/heads/main';
    expect(revision).toEqual({ branch: 'main', ref, oid: oid(2), oldOid: oid(2), git: {}, again: 'redeploy' });
    expect(options).toEqual({ noCache: true, skipDeploy: false, dryRun: true });
  });
});

describe.each([
  ['redeploy', redeploy],
  ['restart', restart],
] as const)('a %s', (name, trigger) => {
  const wish = { noCache: false, dryRun: false };

  it('is refused where nothing was released', async () => {
    const asked = trigger.ask(wish, { remote, ...makeRepository([]) });
    const message = `ns/app has no release to ${name}`;
    await expect(asked).rejects.toMatchObject({ reason: 'ReleaseNotFound', message });
  });

  it('is refused of a Remote that has nothing but environments, released or not', async () => {
    const environments = [{ id: 'ns/app/qa' }] as Remote[];
    for (const made of [two(), makeRepository([])]) {
      const asked = trigger.ask(wish, { remote: { ...remote, environments, isOnlyEnvironments: true }, ...made });
      const message = 'ns/app deploys nothing but its environments';
      await expect(asked).rejects.toMatchObject({ reason: 'UsageInvalid', message });
    }
  });

  it('is refused at its turn when another version was released, or another branch deploys', async () => {
    const made = two();
    const { stillFits } = await trigger.ask(wish, { remote, ...made });
    await stillFits(remote);
    const branch = 'main is no longer the branch that deploys';
    await expect(stillFits({ ...remote, branch: 'other' })).rejects.toMatchObject({
      reason: 'RefMoved',
      message: branch,
    });
    made.add();
    const message = `releases/3 was released while this ${name} waited`;
    await expect(stillFits(remote)).rejects.toMatchObject({ reason: 'RefMoved', message });
  });
});

it('a change of the env is about what runs, and has what is set', async () => {
  const change = new EnvChange(new Map([['A', Buffer.from('1')]]));
  const made = two();
  const { revision, givesWay, stillFits } = await env.ask({ change, dryRun: false }, { remote, ...made });
  expect(revision).toMatchObject({ rollbackTo: 2, again: 'env', env: change });
  expect(givesWay).toBe(true);
  made.add();
  await expect(stillFits(remote)).rejects.toMatchObject({ reason: 'RefMoved', hint: ['type it again'] });
});

it('a restart looks at no image', async () => {
  const { revision, options } = await restart.ask({ dryRun: false }, { remote, ...two() });
  expect(revision).toMatchObject({ rollbackTo: 2, again: 'restart' });
  expect(options.noCache).toBe(false);
});
