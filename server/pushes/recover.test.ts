import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import { git } from '../git/run.ts';
import { type JournalEntry, readJournal, writeJournal } from './journal.ts';
import { recoverOne } from './recover.ts';

const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a' };

let data: string;
let repository: Repository;
let old: string;
let next: string;

const deployer = { putBack: vi.fn(async () => {}) };
const applier = { putBack: vi.fn(async () => []), prune: vi.fn(async () => {}) };
const context = { deployer, applier, clock: new ManualClock(), log: silentLogger };

beforeEach(async () => {
  vi.clearAllMocks();
  data = await mkdtemp(join(tmpdir(), 'gitkube-recover-'));
  repository = await new Repositories(data).open('ns', 'app');
  const inRepository = { cwd: repository.path };
  const tree = (await git(['mktree'], { ...inRepository, input: '' })).trim();
  const commit = async (...more: string[]) =>
    (await git(['commit-tree', tree, '-m', 'x', ...more], { ...inRepository, env: author })).trim();
  old = await commit();
  next = await commit('-p', old);
  await git(['update-ref', 'refs/heads/main', old], inRepository);
});
afterEach(() => rm(data, { recursive: true, force: true }));

function record() {
  return {
    release: 1,
    remote: 'ns/app',
    branch: 'main',
    commit: next,
    how: 'push',
    by: { key: 'a', fingerprint: 'SHA256:a' },
    at: new Date(0).toISOString(),
    images: [],
    seconds: { build: 0, push: 0, rollout: 0, total: 0 },
  };
}

async function cutOff(changes: Partial<JournalEntry> = {}): Promise<void> {
  const mark = { commit: next, release: 1, pushedBy: 'a', cause: 'b' };
  const entry = { push: 'p1', branch: 'main', commit: next, current: old, snapshots: [], mark, expected: {} };
  await writeJournal(repository.path, { ...entry, ...changes });
}

const branch = async () => (await repository.heads()).get('main');

describe('a server that was killed', () => {
  it('before the refs moved puts the workloads back, once', async () => {
    await cutOff();
    await recoverOne(context, repository);
    await recoverOne(context, repository);
    expect(deployer.putBack).toHaveBeenCalledOnce();
    expect(await branch()).toBe(old);
  });

  it('after the refs moved and before anybody was told leaves the workloads alone', async () => {
    using pending = repository.beginRelease();
    await repository.commitRelease(pending, record(), old);
    await cutOff();
    await recoverOne(context, repository);
    expect(deployer.putBack).not.toHaveBeenCalled();
    expect(await readJournal(repository.path)).toBeUndefined();
  });

  it('after git moved the branch of a shallow push makes the tag that is missing', async () => {
    await git(['update-ref', 'refs/heads/main', next], { cwd: repository.path });
    await cutOff({ record: record() });
    await recoverOne(context, repository);
    expect(deployer.putBack).not.toHaveBeenCalled();
    expect(await repository.releases()).toMatchObject([{ number: 1, commit: next }]);
  });

  it('in a repair, which moves no ref, puts the workloads back', async () => {
    await cutOff({ commit: old, current: old });
    await recoverOne(context, repository);
    expect(deployer.putBack).toHaveBeenCalledOnce();
  });

  it('keeps the journal when it cannot put back', async () => {
    await cutOff();
    deployer.putBack.mockRejectedValueOnce(new Error('no'));
    await expect(recoverOne(context, repository)).rejects.toThrow();
    expect(await readJournal(repository.path)).toMatchObject({ push: 'p1' });
  });
});

it('a release whose branch HEAD cannot name moves nothing: workloads that are put back agree with the branch', async () => {
  await writeFile(join(repository.path, 'HEAD.lock'), '');
  using pending = repository.beginRelease();
  await expect(repository.commitRelease(pending, { ...record(), branch: 'other' }, undefined)).rejects.toThrow();
  expect([...(await repository.heads()).keys()]).toEqual(['main']);
  expect(await repository.releases()).toEqual([]);
});
