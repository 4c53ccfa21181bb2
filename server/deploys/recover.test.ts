import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { killGit } from '../../test/support/kill-git.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import { git } from '../git/git-command.ts';
import type { Repository } from '../git/repository.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import { type JournalEntry, readJournal, writeJournal } from './journal.ts';
import { recoverOne } from './recover.ts';

let bare: BareRepository;
let repository: Repository;
let old: string;
let next: string;

const deployer = { restore: vi.fn(async () => {}), waitUntilRestored: vi.fn(async () => {}) };
const applier = { restore: vi.fn(async () => []), prune: vi.fn(async () => {}) };
const context = {
  deployer,
  applier,
  env: new MemoryConfigs().store(),
  tasks: noTasks,
  clock: new ManualClock(),
  log: silentLogger,
};

beforeEach(async () => {
  vi.clearAllMocks();
  bare = await BareRepository.create();
  ({ repository, old, next } = bare);
});
afterEach(() => bare[Symbol.asyncDispose]());

const record = () => bare.record();

async function cutOff(changes: Partial<JournalEntry> = {}): Promise<void> {
  const mark = { commit: next, release: 1, pushedBy: 'a', cause: 'b' };
  const steps = [{ step: 'roll-out-workloads', data: { snapshots: [], expected: {} } }];
  const entry = { id: 'p1', branch: 'main', commit: next, current: old, makesRelease: true, mark, steps };
  await writeJournal(repository.path, { ...entry, ...changes });
}

const branch = async () => (await repository.heads()).get('main');

describe('a server that was killed', () => {
  it('before the refs moved restores the workloads, once', async () => {
    await cutOff();
    await recoverOne(context, repository);
    await recoverOne(context, repository);
    expect(deployer.restore).toHaveBeenCalledOnce();
    expect(await branch()).toBe(old);
  });

  it('after the refs moved and before it reported that leaves the workloads alone', async () => {
    using pending = repository.beginRelease();
    await repository.commitRelease(pending, record(), old);
    await cutOff();
    await recoverOne(context, repository);
    expect(deployer.restore).not.toHaveBeenCalled();
    expect(await readJournal(repository.path)).toBeUndefined();
  });

  it('after the refs moved deletes the Jobs of its migrations, which nobody has to undo any more', async () => {
    using pending = repository.beginRelease();
    await repository.commitRelease(pending, record(), old);
    const workload = { kind: 'Deployment', name: 'www', container: 'app' };
    const one = { name: 'schema', namespace: 'default', job: 'gk-1', as: 'account', workload, done: 'succeeded' };
    await cutOff({ steps: [{ step: 'migrate', data: { tasks: [one] } }] });
    const deleted = vi.fn(async () => {});
    await recoverOne({ ...context, tasks: { ...noTasks, delete: deleted } }, repository);
    expect(deleted).toHaveBeenCalledExactlyOnceWith({ namespace: 'default', name: 'gk-1', as: 'account' });
  });

  it('after git moved the branch of a shallow push creates the missing tag', async () => {
    await git(['update-ref', 'refs/heads/main', next], { cwd: repository.path });
    await cutOff({ record: record() });
    await recoverOne(context, repository);
    expect(deployer.restore).not.toHaveBeenCalled();
    expect(await repository.releases()).toMatchObject([{ number: 1, commit: next }]);
  });

  it.each([
    ['tag', 'prepared', 'main old, no release'],
    ['tag', 'committed', 'main next, releases/1'],
    ['branch', 'prepared', 'main next, releases/1'],
    ['branch', 'committed', 'main next, releases/1'],
  ] as const)('together with its git at the %s, %s, finds one state or the other', async (step, at, refs) => {
    await cutOff();
    await killGit(repository.path, { step, at });
    using pending = repository.beginRelease();
    await expect(repository.commitRelease(pending, record(), old)).rejects.toThrow('SIGKILL');
    await recoverOne(context, repository);
    expect(await bare.refs()).toBe(refs);
    expect(deployer.restore).toHaveBeenCalledTimes(refs === 'main old, no release' ? 1 : 0);
    expect(await readJournal(repository.path)).toBeUndefined();
    expect(await bare.git('update-ref', 'refs/heads/main', next)).toBe('');
  });

  it('and wrote the branch before the tag, as an older version, restores both: nobody knows what the tag says', async () => {
    await git(['update-ref', 'refs/heads/main', next], { cwd: repository.path });
    await cutOff();
    await recoverOne(context, repository);
    expect(await bare.refs()).toBe('main old, no release');
    expect(deployer.restore).toHaveBeenCalledOnce();
  });

  it('in a repair, which moves no ref, restores the workloads', async () => {
    await bare.git('tag', '-m', 'x', 'releases/1', old);
    await cutOff({ commit: old, current: old, makesRelease: false });
    await recoverOne(context, repository);
    expect(deployer.restore).toHaveBeenCalledOnce();
  });

  it('keeps the journal when the server stops before all of it runs again, and restores the manifests, too', async () => {
    const manifests = { as: 'gitkube', snapshots: [], prune: [] };
    await cutOff({
      steps: [
        { step: 'apply-manifests', data: { manifests, before: [] } },
        { step: 'roll-out-workloads', data: { snapshots: [], expected: {} } },
      ],
    });
    const unfinished = new GitkubeError('RestoreUnfinished', 'www: restored');
    deployer.restore.mockRejectedValueOnce(unfinished);
    await expect(recoverOne(context, repository)).rejects.toBe(unfinished);
    expect(applier.restore).toHaveBeenCalledOnce();
    expect(deployer.restore).toHaveBeenCalledOnce();
    expect(await readJournal(repository.path)).toMatchObject({ id: 'p1' });
    await recoverOne(context, repository);
    expect(await readJournal(repository.path)).toBeUndefined();
  });

  it('undoes no migration while pods of the new version run, and says so: the next push is not kept waiting for ever', async () => {
    const workload = { kind: 'Deployment', name: 'www', container: 'app' };
    const one = { name: 'schema', namespace: 'default', job: 'gk-1', workload, undo: ['down'], done: 'succeeded' };
    await cutOff({
      steps: [
        { step: 'migrate', data: { tasks: [one] } },
        { step: 'roll-out-workloads', data: { snapshots: [], expected: {} } },
      ],
    });
    const restore = async (_: unknown, { stillRuns }: { stillRuns?: (name: string) => void }) => stillRuns?.('www');
    const recovered = await recoverOne({ ...context, deployer: { ...deployer, restore } }, repository);
    expect(recovered?.remains).toEqual([
      'task schema has run, and is not undone, as pods of the new version still run: the database may be ahead of the code',
    ]);
    expect(await readJournal(repository.path)).toBeUndefined();
  });

  it.each([
    ['after its tag was made is done', true],
    ['before its tag was made puts the workloads back', false],
  ])('in a rollback to another image of the same commit, which moves no branch, %s', async (_, tagged) => {
    if (tagged) await bare.git('tag', '-m', 'x', 'releases/1', old);
    await cutOff({ commit: old, current: old, makesRelease: true });
    await recoverOne(context, repository);
    expect(deployer.restore).toHaveBeenCalledTimes(tagged ? 0 : 1);
    expect(await readJournal(repository.path)).toBeUndefined();
  });

  it.each([
    ['an entry of a step that nobody knows', [{ step: 'from-the-future', data: {} }]],
    ['a damaged entry', [{ step: 'apply-manifests', data: { manifests: {} } }]],
  ])('and has left %s changes nothing, whatever the refs say', async (_, steps) => {
    using pending = repository.beginRelease();
    await repository.commitRelease(pending, record(), old);
    await cutOff({ steps });
    await expect(recoverOne(context, repository)).rejects.toMatchObject({ reason: 'JournalUnreadable' });
    expect(await readFile(join(repository.path, 'gitkube-deploying.json'), 'utf8')).toContain('p1');
  });

  it('has a quick failure tried again, but not an API server that hangs, as the turn of the Remote is held for it', async () => {
    const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
    const unavailable = new GitkubeError('ClusterUnavailable', 'no answer within 30 s');
    await cutOff();
    deployer.restore.mockRejectedValueOnce(unavailable);
    await recoverOne({ ...context, clock }, repository);
    expect(deployer.restore).toHaveBeenCalledTimes(2);
    await cutOff();
    deployer.restore.mockImplementation(async () => {
      await clock.delay(120_000);
      throw unavailable;
    });
    await expect(recoverOne({ ...context, clock }, repository)).rejects.toBe(unavailable);
    expect(deployer.restore).toHaveBeenCalledTimes(3);
    deployer.restore.mockReset();
  });

  it('keeps the journal when it cannot restore', async () => {
    await cutOff();
    deployer.restore.mockRejectedValueOnce(new Error('no'));
    await expect(recoverOne(context, repository)).rejects.toThrow();
    expect(await readJournal(repository.path)).toMatchObject({ id: 'p1' });
  });
});

it('a release whose branch HEAD cannot name moves nothing: the restored workloads agree with the branch', async () => {
  await writeFile(join(repository.path, 'HEAD.lock'), '');
  using pending = repository.beginRelease();
  await expect(repository.commitRelease(pending, bare.record({ branch: 'other' }), undefined)).rejects.toThrow();
  expect([...(await repository.heads()).keys()]).toEqual(['main']);
  expect(await repository.releases()).toEqual([]);
});
