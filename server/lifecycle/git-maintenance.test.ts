import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { RemoteEntry } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { environmentOf } from '../deploys/environment.ts';
import { PushQueue } from '../deploys/queue.ts';
import { git } from '../git/git-command.ts';
import { collectGarbage } from '../git/git-process.ts';
import { Repositories } from '../git/repositories.ts';
import { type GitMaintenanceOptions, maintainRepositories } from './git-maintenance.ts';

const soon = { interval: 5, timeout: 60_000 };
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a' };

let data: string;
let path: string;
let repositories: Repositories;
let queue: PushQueue;
let clock: ManualClock;
let upkeep: AsyncDisposable;
const remotes = { entry: () => ({ uid: 'u1' }) as RemoteEntry, environments: () => [] as RemoteEntry[] };

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'gitkube-upkeep-'));
  repositories = new Repositories(data);
  ({ path } = await repositories.open('ns', 'app'));
  queue = new PushQueue(4);
  clock = new ManualClock();
});
afterEach(async () => {
  await upkeep[Symbol.asyncDispose]();
  expect(queue.running).toBe(0);
  await rm(data, { recursive: true, force: true });
});

function start(options: Partial<GitMaintenanceOptions> = {}): void {
  upkeep = maintainRepositories({ repositories, remotes, queue, seconds: 60, clock, log: silentLogger, ...options });
}

function enter() {
  const entry = {
    environment: environmentOf({ namespace: 'ns', uid: 'u1' }),
    branch: 'main',
    deploys: true,
    label: 'push',
    onWait: vi.fn(),
  };
  return { entry, turn: queue.enter({ ...entry, signal: new AbortController().signal }) };
}

/**
 * The same objects each time: `git gc --auto` guesses how many are loose by those whose name begins with 17, and of 2,000
 * any ones it takes one time in ten for too few.
 */
async function store(count: number): Promise<string[]> {
  const files = Array.from({ length: count }, (_, i) => join(data, `file-${i}`));
  await Promise.all(files.map((file, i) => writeFile(file, `object ${i}`)));
  const output = await git(['hash-object', '-w', '--stdin-paths'], { cwd: path, input: `${files.join('\n')}\n` });
  return output.trim().split('\n');
}

const exists = (oid: string) =>
  git(['cat-file', '-e', oid], { cwd: path }).then(
    () => true,
    () => false,
  );
const looseFile = (oid: string) => join(path, 'objects', oid.slice(0, 2), oid.slice(2));

it('maintenance packs what many pushes have left, and keeps what a ref or a push under way needs, and two weeks of what none does', async () => {
  const [old = '', young = '', ...used] = await store(2000);
  const input = used.map((oid, i) => `100644 blob ${oid}\tfile-${i}\n`).join('');
  const tree = (await git(['mktree'], { cwd: path, input })).trim();
  const commit = (await git(['commit-tree', tree, '-m', 'x'], { cwd: path, env: author })).trim();
  await git(['update-ref', 'refs/heads/main', commit], { cwd: path });
  await utimes(looseFile(old), daysAgo(15), daysAgo(15));
  await utimes(looseFile(young), daysAgo(13), daysAgo(13));
  const quarantined = join(path, 'objects/tmp_objdir-incoming-x/pack/tmp_pack_x');
  await mkdir(join(quarantined, '..'), { recursive: true });
  await writeFile(quarantined, 'being received');
  start();
  clock.advance(60_000);
  await vi.waitFor(
    async () => expect(await git(['count-objects', '-v'], { cwd: path })).toMatch(/packs: [12]\n/),
    soon,
  );
  await vi.waitFor(() => expect(queue.running).toBe(0), soon);
  expect(await git(['count-objects'], { cwd: path })).toMatch(/^[01] objects/);
  await git(['fsck', '--connectivity-only'], { cwd: path });
  expect([await exists(old), await exists(young)]).toEqual([false, true]);
  await utimes(quarantined, daysAgo(0), daysAgo(0));
  // As many loose objects as make git pack automatically take seconds to write and to pack.
}, 120_000);

it('maintenance packs what some releases have left, tags among it: each push reads all of them', async () => {
  const input = (await store(120)).map((oid, i) => `100644 blob ${oid}\tfile-${i}\n`).join('');
  const tree = (await git(['mktree'], { cwd: path, input })).trim();
  const commit = (await git(['commit-tree', tree, '-m', 'x'], { cwd: path, env: author })).trim();
  await git(['update-ref', 'refs/tags/releases/1', commit], { cwd: path });
  start();
  clock.advance(60_000);
  await expect.poll(() => readFile(join(path, 'packed-refs'), 'utf8').catch(() => ''), soon).toContain('releases/1');
  await vi.waitFor(() => expect(queue.running).toBe(0), soon);
  expect(await git(['count-objects'], { cwd: path })).toMatch(/^0 objects/);
}, 120_000);

it('maintenance does not begin where a push has its turn', async () => {
  const leave = await enter().turn;
  const collect = vi.fn();
  start({ collect });
  clock.advance(60_000);
  await vi.waitFor(() => expect(clock.delays).toHaveLength(2), soon);
  expect(collect).not.toHaveBeenCalled();
  leave();
});

it('maintenance gives way to a push that comes, which says what it waits for', async () => {
  const done = Promise.withResolvers<number>();
  const end = vi.fn(() => done.resolve(143));
  const collect = vi.fn(() => ({ done: done.promise, end, stderr: new PassThrough() }));
  start({ collect });
  clock.advance(60_000);
  await vi.waitFor(() => expect(collect).toHaveBeenCalledWith(path), soon);
  const { entry, turn } = enter();
  (await turn)();
  expect(entry.onWait).toHaveBeenCalledWith('waiting for its repository to be packed: git gc');
  expect(end).toHaveBeenCalledOnce();
});

it('maintenance ends with the server', async () => {
  const done = Promise.withResolvers<number>();
  const collect = vi.fn(() => ({ done: done.promise, end: () => done.resolve(143), stderr: new PassThrough() }));
  start({ collect });
  clock.advance(60_000);
  await vi.waitFor(() => expect(collect).toHaveBeenCalled(), soon);
  await upkeep[Symbol.asyncDispose]();
});

it('maintenance holds all environments of a repository, in one place, and none while one of them is busy', async () => {
  const { promise: collected, resolve } = Promise.withResolvers<string[]>();
  const repository = await repositories.open('ns', 'app');
  for (const name of ['qa', 'staging']) await repository.of(name);
  const staging = environmentOf({ namespace: 'ns', uid: 'u1', environment: 'staging' });
  queue = new PushQueue(1);
  const leave = queue.hold({ environment: staging, label: 'a push' });
  const busy = () =>
    ['', 'qa', 'staging'].filter((environment) =>
      queue.isBusy(environmentOf({ namespace: 'ns', uid: 'u1', environment })),
    );
  let rounds = 0;
  start({
    collect: () => {
      rounds++;
      resolve(busy());
      return collectGarbage(path);
    },
  });
  clock.advance(60_000);
  await vi.waitFor(() => expect(clock.pending).toBe(1), soon);
  expect(rounds).toBe(0);
  leave();
  clock.advance(60_000);
  expect(await collected).toEqual(['', 'qa', 'staging']);
  await vi.waitFor(() => expect(busy()).toEqual([]), soon);
});

it('maintenance holds an environment of the spec too that nothing was deployed to yet', async () => {
  const staging = { namespace: 'ns', uid: 'u1', environment: 'staging' };
  const leave = await queue.enter({
    ...{ environment: environmentOf(staging), branch: 'develop', deploys: true, label: 'push', onWait: vi.fn() },
    signal: new AbortController().signal,
  });
  const collect = vi.fn();
  start({ collect, remotes: { ...remotes, environments: () => [staging as RemoteEntry] } });
  clock.advance(60_000);
  await vi.waitFor(() => expect(clock.delays).toHaveLength(2), soon);
  expect(collect).not.toHaveBeenCalled();
  leave();
});

it('maintenance goes on where a repository cannot be read', async () => {
  const views = vi.fn(() => Promise.reject(new Error('EMFILE')));
  const collect = vi.fn();
  start({ collect, repositories: { all: () => repositories.all(), find: async () => ({ views }) as never } });
  for (const round of [2, 3]) {
    clock.advance(60_000);
    await vi.waitFor(() => expect(clock.delays).toHaveLength(round), soon);
  }
  expect([views.mock.calls.length, collect.mock.calls.length]).toEqual([2, 0]);
});
