import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import { readJournal } from './journal.ts';
import { undoable } from './pipeline.ts';
import { rollBack } from './roll-back.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const commit = 'c'.repeat(40);
const mark = { commit, release: 4, pushedBy: 'a', cause: 'b' };
const www = { namespace: 'n', name: 'www', uid: 'u', images: { app: 'i' }, annotations: {}, wasReady: true };
const db = { kind: 'StatefulSet', ...www, name: 'db' };
const expected = { www: { app: 'new' } };
const old = { push: 'p1', branch: 'main', commit, current: 'd'.repeat(40), snapshots: [www], mark, expected };

async function read(journal: object) {
  await writeFile(join(folder, 'gitkube-deploying.json'), JSON.stringify(journal));
  return await readJournal(folder);
}

async function undo(journal: object) {
  const deployer = { restore: vi.fn(async () => {}), waitUntilRestored: vi.fn(async () => {}) };
  const applier = { restore: vi.fn(async () => [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db' }]) };
  const entry = await read(journal);
  if (!entry) throw new Error('there is a journal');
  await rollBack(undoable, { deployer, applier, env: new MemoryConfigs().store(), tasks: noTasks }, entry, {
    say: () => {},
    remains: () => {},
    timeoutSeconds: 60,
  });
  return { deployer, applier };
}

describe('a journal of an older version', () => {
  it('of workloads is undone, as Deployments', async () => {
    const { deployer, applier } = await undo(old);
    const snapshots = [{ kind: 'Deployment', ...www }];
    expect(deployer.restore).toHaveBeenCalledExactlyOnceWith(snapshots, expect.objectContaining({ expected, mark }));
    expect(applier.restore).not.toHaveBeenCalled();
  });

  it('of manifests is undone, too, the workloads first', async () => {
    const manifests = { as: 'gitkube', snapshots: [], prune: [] };
    const { deployer, applier } = await undo({ ...old, manifests, before: [db, { kind: 'Deployment', ...www }] });
    expect(applier.restore).toHaveBeenCalledExactlyOnceWith(manifests, expect.anything());
    expect(deployer.waitUntilRestored).toHaveBeenCalledExactlyOnceWith([db], expect.anything(), [
      { kind: 'Deployment', ...www },
    ]);
    const [first = 0] = deployer.restore.mock.invocationCallOrder;
    expect(first).toBeLessThan(applier.restore.mock.invocationCallOrder[0] ?? 0);
  });

  it.each([
    ['moves a branch', {}, true],
    ['says that it makes a release', { current: commit, makesRelease: true }, true],
    ['moves no branch', { current: commit }, false],
    ['says that it is a repair', { makesRelease: false }, false],
  ])('that %s makes a release: %s', async (_, changes, makesRelease) => {
    expect(await read({ ...old, ...changes })).toMatchObject({ id: 'p1', commit, makesRelease });
  });
});
