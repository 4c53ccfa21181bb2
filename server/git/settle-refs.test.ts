import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { type GitKill, killGit, killNoGit } from '../../test/support/kill-git.ts';
import { type CutOff, settleRefs } from './settle-refs.ts';

let bare: BareRepository;
beforeEach(async () => {
  bare = await BareRepository.create();
});
afterEach(() => bare[Symbol.asyncDispose]());

const cutOff = (changes: Partial<CutOff> = {}): CutOff => ({
  branch: 'main',
  commit: bare.next,
  current: bare.old,
  release: 1,
  ...changes,
});

async function commitRelease(release = 1): Promise<unknown> {
  const { repository } = bare;
  using pending = repository.beginRelease();
  return await repository.commitRelease(pending, bare.record({ release }), bare.old).catch((error) => error);
}

async function expectWritable(): Promise<void> {
  await killNoGit(bare.repository.path);
  const branch = (await bare.repository.heads()).get('main');
  using pending = bare.repository.beginRelease();
  await bare.repository.commitRelease(pending, bare.record({ release: 9 }), branch);
  expect(await bare.refs()).toMatch(/^main next, releases\/9/);
}

describe('a git that is killed while it writes a release', () => {
  const kills: [GitKill['step'], GitKill['at'], string][] = [
    ['tag', 'prepared', 'main old, no release'],
    ['tag', 'committed', 'main next, releases/1'],
    ['branch', 'prepared', 'main next, releases/1'],
    ['branch', 'committed', 'main next, releases/1'],
  ];

  it.each(kills)('at the %s, %s: both refs are written or none, and no lock is left', async (step, at, refs) => {
    await killGit(bare.repository.path, { step, at });
    expect(await commitRelease()).toMatchObject({ reason: 'GitFailed', message: expect.stringContaining('SIGKILL') });
    const settled = await settleRefs(bare.repository, cutOff(), 0);
    expect(settled.released).toBe(refs.includes('next'));
    expect(await bare.refs()).toBe(refs);
    await expectWritable();
  });

  it('each time it moves the branch: the tag is deleted, too', async () => {
    await killGit(bare.repository.path, { step: 'branch', at: 'prepared', always: true });
    await commitRelease();
    const settled = await settleRefs(bare.repository, cutOff(), 0);
    expect(settled).toMatchObject({ released: false, problem: { reason: 'GitFailed' } });
    expect(await bare.refs()).toBe('main old, no release');
    await expectWritable();
  });

  it('and killed again once the branch has moved: both refs are written', async () => {
    const { path } = bare.repository;
    await killGit(path, { step: 'tag', at: 'committed' });
    await commitRelease();
    await killGit(path, { step: 'branch', at: 'committed', always: true });
    expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: true });
    expect(await bare.refs()).toBe('main next, releases/1');
    await expectWritable();
  });

  it('and then cannot read its refs: neither is claimed, and both are written once it can', async () => {
    await killGit(bare.repository.path, { step: 'branch', at: 'prepared' });
    await commitRelease();
    const { path } = bare.repository;
    await rename(join(path, 'HEAD'), join(path, 'HEAD.away'));
    await expect(settleRefs(bare.repository, cutOff(), 0)).rejects.toMatchObject({ reason: 'GitFailed' });
    await rename(join(path, 'HEAD.away'), join(path, 'HEAD'));
    expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: true });
    expect(await bare.refs()).toBe('main next, releases/1');
  });
});

describe('refs of a release that were written in part', () => {
  const tag = () => bare.git('tag', '-m', 'x', 'releases/1', bare.next);
  const branch = (oid: string) => bare.git('update-ref', 'refs/heads/main', oid);

  it('none: nothing is done', async () => {
    expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: false });
    expect(await bare.refs()).toBe('main old, no release');
  });

  it('the first release of a branch that is not there yet', async () => {
    await bare.git('update-ref', '-d', 'refs/heads/main');
    await tag();
    expect(await settleRefs(bare.repository, cutOff({ current: undefined }), 0)).toEqual({ released: true });
    expect((await bare.repository.heads()).get('main')).toBe(bare.next);
  });

  it('a branch that somebody else has moved: the tag is deleted and the branch stays', async () => {
    const other = (await bare.git('rev-parse', `${bare.next}^{tree}`)).trim();
    const elsewhere = (await bare.git('commit-tree', other, '-m', 'y')).trim();
    await branch(elsewhere);
    await tag();
    expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: false });
    expect(await bare.refs()).toBe(`main ${elsewhere}, no release`);
  });

  it('the branch alone, as a transaction of both leaves it: it is restored', async () => {
    await branch(bare.next);
    expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: false });
    expect(await bare.refs()).toBe('main old, no release');
  });

  it('the branch alone where there was none: it is deleted', async () => {
    await branch(bare.next);
    expect(await settleRefs(bare.repository, cutOff({ current: undefined }), 0)).toEqual({ released: false });
    expect(await bare.refs()).toBe('main missing, no release');
  });

  it('the branch that git itself moves: the tag follows', async () => {
    await branch(bare.next);
    expect(await settleRefs(bare.repository, cutOff({ record: bare.record() }), 0)).toEqual({ released: true });
    expect(await bare.refs()).toBe('main next, releases/1');
  });

  it('a tag without the branch that only git may move: the tag is deleted', async () => {
    await tag();
    expect(await settleRefs(bare.repository, cutOff({ record: bare.record() }), 0)).toEqual({ released: false });
    expect(await bare.refs()).toBe('main old, no release');
  });

  it('a tag of the same number and another commit is not of this release', async () => {
    await bare.git('tag', '-m', 'x', 'releases/1', bare.old);
    expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: false });
    expect(await bare.git('tag', '--list')).toBe('releases/1\n');
  });
});

it.each([
  'packed-refs.lock',
  'HEAD.lock',
  'refs/heads/main.lock',
  'refs/tags/releases/1.lock',
  'refs/tags/releases/7.lock',
])('a lock %s of a git that is dead keeps no release from being completed', async (lock) => {
  await killGit(bare.repository.path, { step: 'branch', at: 'prepared' });
  await commitRelease();
  await writeFile(join(bare.repository.path, lock), '');
  expect(await settleRefs(bare.repository, cutOff(), 0)).toEqual({ released: true });
  expect(await bare.git('for-each-ref')).toContain('refs/tags/releases/1');
  await expectWritable();
});
