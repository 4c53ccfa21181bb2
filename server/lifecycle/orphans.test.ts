import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { RemoteEntry } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { PushQueue } from '../deploys/queue.ts';
import { notePush } from '../deploys/under-way-note.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import { Repositories } from '../git/repositories.ts';
import { Trash } from '../git/trash.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import { lookForOrphans, type OrphansOptions } from './orphans.ts';
import { RepositoryOwner } from './repository-owner.ts';
import { enforceRetention } from './retention.ts';

const day = 86_400_000;
let data: string;
let clock: ManualClock;
let keeper: RepositoryOwner;
let options: OrphansOptions;
let uids: Record<string, string>;
let healthy: boolean;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'gitkube-orphans-'));
  clock = new ManualClock();
  const repositories = new Repositories(data);
  const trash = new Trash(data, clock);
  uids = { 'ns/other': 'u9' };
  healthy = true;
  const entryOf = (id: string) => (uids[id] ? ({ id, uid: uids[id] } as RemoteEntry) : undefined);
  keeper = new RepositoryOwner({
    remotes: { entry: entryOf },
    repositories,
    trash,
    queue: new PushQueue(4),
    deployer: { restore: async () => {}, waitUntilRestored: async () => {} },
    applier: { prune: async () => {}, restore: async () => [] },
    env: new MemoryConfigs().store(),
    tasks: noTasks,
    drain: async () => {},
    hold: () => {},
    clock,
    log: silentLogger,
  });
  options = {
    remotes: {
      synced: true,
      get healthy() {
        return healthy;
      },
      serves: (namespace) => namespace === 'ns',
      entry: entryOf,
      entries: () => Object.keys(uids).flatMap((id) => entryOf(id) ?? []),
    },
    repositories,
    keeper,
    days: 7,
    clock,
    log: silentLogger,
  };
  await keeper.open({ namespace: 'ns', name: 'www', uid: 'u1' });
});
afterEach(() => rm(data, { recursive: true, force: true }));

/** How many repositories lie in the trash after the looks of so many days; of 0 days, after one more. */
async function after(days: number): Promise<number> {
  for (let i = 0; i < Math.max(days, 1); i++) {
    if (days > 0) clock.advance(day);
    await lookForOrphans(options);
  }
  return (await readdir(join(data, 'trash/ns')).catch(() => [])).length;
}

it('an orphan goes into the trash when it has been one for days', async () => {
  expect(await after(0)).toBe(0);
  expect(await after(6)).toBe(0);
  expect(await after(1)).toBe(1);
});

it('a repository in the trash has no note of a push: the Remote whose status was to say it is gone', async () => {
  const remote = { namespace: 'ns', name: 'www', uid: 'u1' };
  const { folder } = await keeper.open(remote);
  await notePush(folder, { id: 'p1', branch: 'main', commit: 'c', by: 'ada', release: 1 });
  const place = (await keeper.archive(remote)) ?? '';
  expect((await readdir(place)).filter((name) => name.startsWith('gitkube-push-'))).toEqual([]);
});

it('a clock that is set forward puts no orphan into the trash', async () => {
  await after(0);
  clock.advance(30 * day);
  expect(await after(0)).toBe(0);
  expect(await after(5)).toBe(0);
  expect(await after(1)).toBe(1);
});

it('a repository whose Remote was created again with another uid is an orphan, too', async () => {
  uids['ns/www'] = 'u2';
  expect(await after(0)).toBe(0);
  expect(await after(7)).toBe(1);
});

it('a Remote that comes back in time keeps its repository', async () => {
  await after(0);
  await after(6);
  uids['ns/www'] = 'u1';
  await after(1);
  delete uids['ns/www'];
  expect(await after(1)).toBe(0);
  expect(await after(6)).toBe(0);
});

it('no orphan is moved while no Remote is seen at all, or the watch is not healthy', async () => {
  await after(0);
  uids = {};
  expect(await after(30)).toBe(0);
  uids = { 'ns/other': 'u9' };
  healthy = false;
  expect(await after(1)).toBe(0);
  healthy = true;
  expect(await after(0)).toBe(1);
});

it('a namespace that is not served is left alone', async () => {
  await keeper.open({ namespace: 'elsewhere', name: 'www', uid: 'u3' });
  await after(0);
  await after(30);
  expect(await readdir(join(data, 'repositories/elsewhere'))).toEqual(['www.git']);
});

it('two pushes to a new Remote of an old name get one fresh repository', async () => {
  const again = { namespace: 'ns', name: 'www', uid: 'u2' };
  const [first, second] = await Promise.all([keeper.open(again), keeper.open(again)]);
  expect(first).toBe(second);
  expect(first.owner).toBe('u2');
  expect(await readdir(join(data, 'trash/ns'))).toHaveLength(1);
});

it('a repository that was brought back by hand belongs to the next Remote of its name', async () => {
  const repository = await keeper.open({ namespace: 'ns', name: 'www', uid: 'u1' });
  await rm(join(repository.path, 'gitkube-remote-uid'));
  const found = await new Repositories(data).findOf({ namespace: 'ns', name: 'www', uid: 'u5' });
  expect(found?.owner).toBeUndefined();
  expect(found?.path).toBe(repository.path);
});

it('orphans are looked for soon when the cluster did not answer at the start', async () => {
  healthy = false;
  const marked = () => readdir(join(data, 'repositories/ns/www.git')).then((all) => all.includes('gitkube-orphan'));
  await using _house = enforceRetention({ ...options, trash: new Trash(data, clock) });
  await expect.poll(() => clock.pending).toBe(1);
  expect(await marked()).toBe(false);
  healthy = true;
  clock.advance(60_000);
  await expect.poll(marked).toBe(true);
});
