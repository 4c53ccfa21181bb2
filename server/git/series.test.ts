import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { releaseName } from '../../base/release-name.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { clearJournal, readJournal, writeJournal } from '../deploys/journal.ts';
import { notePush, readPushNotes } from '../deploys/under-way-note.ts';
import { git } from './git-command.ts';
import type { Repository } from './repository.ts';
import { releaseRef, seriesOf } from './series.ts';
import { settleRefs } from './settle-refs.ts';

let bare: BareRepository;
let plain: Repository;
let staging: Repository;

beforeEach(async () => {
  bare = await BareRepository.create();
  plain = bare.repository;
  staging = await plain.of('staging');
});
afterEach(() => bare[Symbol.asyncDispose]());

/** Makes the next release of an environment, of a branch that is called like it. */
async function release(repository: Repository, branch: string): Promise<void> {
  const { environment } = repository;
  const { next } = await repository.history();
  const current = (await repository.heads()).get(branch);
  const record = bare.record({ release: next, branch, ...(environment !== '' && { environment }) });
  using pending = repository.beginRelease();
  await repository.commitRelease(pending, record, current);
}

const tags = async () => (await bare.git('for-each-ref', '--format=%(refname)', 'refs/tags/')).trim().split('\n');
const numbers = async (repository: Repository) => (await repository.history()).names.map(({ number }) => number);

describe('the names of what an environment has', () => {
  it('are the earlier ones where it has no name', () => {
    expect([releaseName(7), releaseRef(7), seriesOf().folder('/data/app.git')]).toEqual([
      'releases/7',
      'refs/tags/releases/7',
      '/data/app.git',
    ]);
    expect([releaseRef(7, 'staging'), seriesOf('staging').folder('/data/app.git')]).toEqual([
      'refs/tags/releases/staging/7',
      '/data/app.git/environments/staging',
    ]);
  });

  it.each(['7', '../x', 'a/b', 'A', '-a', 'a-', 'x'.repeat(64)])('are refused for %s', (name) => {
    expect(() => seriesOf(name)).toThrow('the name of an environment');
  });
});

describe('two environments of one repository', () => {
  it('have releases, branches and numbers of their own, also when they are read again', async () => {
    await release(staging, 'next');
    await release(staging, 'next');
    await release(plain, 'main');
    expect(await tags()).toEqual([
      'refs/tags/releases/1',
      'refs/tags/releases/staging/1',
      'refs/tags/releases/staging/2',
    ]);
    for (const repository of [plain, staging]) repository.forgetHistory();
    expect([await numbers(plain), await numbers(staging)]).toEqual([[1], [2, 1]]);
    expect((await plain.releases()).map(({ record }) => record.branch)).toEqual(['main']);
    expect((await staging.release(1)) ?? {}).toMatchObject({ record: { branch: 'next', environment: 'staging' } });
    expect(await plain.releasesContaining(bare.next)).toEqual([1]);
    expect(await staging.releasesContaining(bare.next)).toEqual([1, 2]);
    expect(await plain.headBranch()).toBe('main');
  });

  it('have a HEAD that names a branch which is there, and that of the Remote itself as soon as it is', async () => {
    await git(['update-ref', '-d', 'refs/heads/main'], { cwd: plain.path });
    await release(staging, 'next');
    expect(await plain.headBranch()).toBe('next');
    await release(plain, 'main');
    await release(staging, 'next');
    expect(await plain.headBranch()).toBe('main');
  });

  it('share one repository, its owner and its pushes', async () => {
    await staging.setOwner('u1');
    expect([plain.owner, await plain.of('staging'), await staging.of('')]).toEqual(['u1', staging, plain]);
  });

  it('have journals and notes of their own', async () => {
    const mark = { commit: bare.next, release: 1, pushedBy: 'a', cause: 'b' };
    const entry = { branch: 'main', commit: bare.next, makesRelease: true, mark, steps: [] };
    const note = { branch: 'main', commit: bare.next, by: 'alice' };
    for (const { folder, environment } of [plain, staging]) {
      expect([await readJournal(folder), await readPushNotes(folder)]).toEqual([undefined, []]);
      await writeJournal(folder, { ...entry, id: `p${environment}` });
      await notePush(folder, { ...note, id: `p${environment}` });
    }
    expect([await readJournal(plain.folder), await readJournal(staging.folder)]).toMatchObject([
      { id: 'p' },
      { id: 'pstaging' },
    ]);
    await clearJournal(staging.folder);
    expect(await readJournal(plain.folder)).toMatchObject({ id: 'p' });
    expect((await readPushNotes(staging.folder)).map(({ id }) => id)).toEqual(['pstaging']);
    expect(await readdir(plain.path)).toContain('gitkube-deploying.json');
  });

  it('are settled independently, also with tags of the same number', async () => {
    await release(staging, 'next');
    const cutOff = { branch: 'main', commit: bare.next, current: bare.old, release: 1 };
    expect(await settleRefs(plain, cutOff, 0)).toEqual({ released: false });
    expect(await settleRefs(staging, { ...cutOff, branch: 'next', current: undefined }, 0)).toEqual({ released: true });
    expect(await tags()).toEqual(['refs/tags/releases/staging/1']);
  });
});
