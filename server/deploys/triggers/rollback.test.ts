import { describe, expect, it } from 'vitest';
import type { Remote } from '../../../remote-crd/index.ts';
import type { Repository } from '../../git/repository.ts';
import { rollback } from './rollback.ts';
import { type MadeRelease, makeRepository, oid } from './testing/releases.ts';

const remote = { id: 'ns/app', branch: 'main', environments: [] } as unknown as Remote;
/** So many releases. */
const pushes = (count: number) => Array.from({ length: count }, () => ({}));

const ask = (number: number | undefined, repository: Repository, dryRun = false) =>
  rollback.ask({ number, dryRun }, { remote, repository });

describe('a rollback', () => {
  it.each([
    [undefined, 3],
    [1, 1],
  ])('to release %s runs releases/%d on the branch that deploys', async (number, to) => {
    const { revision, options, isTentative } = await ask(number, makeRepository(pushes(4)).repository);
    const zeros = '0'.repeat(40);
    const ref = `refs/rollback/${to}`;
    expect(revision).toEqual({ branch: 'main', ref, rollbackTo: to, oid: oid(to), oldOid: zeros, git: {} });
    expect(options).toEqual({ noCache: false, skipDeploy: false, dryRun: false });
    // Without a number it is refused when something else is released before its turn.
    expect(isTentative).toBe(number === undefined);
  });

  it.each([
    [0, undefined, 'ns/app has no release to roll back to'],
    [1, undefined, 'ns/app has no release before releases/1'],
    [4, 9, 'ns/app has no release 9'],
  ])('of %d releases to number %s finds none', async (count, number, message) => {
    const asked = ask(number, makeRepository(pushes(count)).repository);
    await expect(asked).rejects.toMatchObject({ reason: 'ReleaseNotFound', message });
  });

  const again = (how: string, image?: string): MadeRelease => ({ commit: oid(2), how, ...(image && { image }) });

  it.each<[string, number, readonly MadeRelease[]]>([
    ['a restart', 1, [{}, {}, again('restart of releases/2')]],
    [
      'redeploys and a restart',
      1,
      [{}, {}, ...['redeploy of releases/2', 'restart of releases/3'].map((how) => again(how))],
    ],
    ['a change of the env', 2, [{}, { env: 'one' }, { ...again('env: A changed'), env: 'two' }]],
    [
      'a restart behind a change of the env',
      2,
      [
        {},
        { env: 'one' },
        { ...again('env: A changed'), env: 'two' },
        { ...again('restart of releases/3'), env: 'two' },
      ],
    ],
    ['a redeploy that built another image', 2, [{}, {}, again('redeploy of releases/2', 'another')]],
    ['a return', 1, [{}, {}, {}, { commit: oid(2), how: 'return from releases/3 to releases/2' }]],
    [
      'a restart behind a return',
      1,
      [{}, {}, {}, { commit: oid(2), how: 'return from releases/3 to releases/2' }, again('restart of releases/4')],
    ],
    [
      'a return from a restart',
      1,
      [
        {},
        {},
        {},
        { commit: oid(3), how: 'restart of releases/3' },
        { commit: oid(2), how: 'return from releases/4 to releases/2' },
      ],
    ],
    ['a restart behind a rollback', 3, [{}, {}, {}, again('rollback to releases/2'), again('restart of releases/4')]],
  ])('to the release before %s runs another version: releases/%d', async (_, to, made) => {
    const { revision } = await ask(undefined, makeRepository(made).repository);
    expect(revision.rollbackTo).toBe(to);
  });

  it('to the release before is refused when another one was released while it waited', async () => {
    const { repository, add } = makeRepository(pushes(4));
    const [before, numbered] = [await ask(undefined, repository), await ask(3, repository)];
    await before.stillFits(remote);
    add();
    const message = 'releases/5 was released while this rollback waited';
    await expect(before.stillFits(remote)).rejects.toMatchObject({ reason: 'RefMoved', message });
    await numbered.stillFits(remote);
  });

  it('is refused when another branch deploys by the time of its turn', async () => {
    const { stillFits } = await ask(3, makeRepository(pushes(4)).repository);
    const message = 'main is no longer the branch that deploys';
    await expect(stillFits({ ...remote, branch: 'production' })).rejects.toMatchObject({ reason: 'RefMoved', message });
  });
});
