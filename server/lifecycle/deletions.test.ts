import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { RemoteChange, RemoteEntry } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Deletions } from './deletions.ts';
import { Finalizers, repositoryFinalizer } from './finalizers.ts';

const deleted: RemoteEntry = {
  id: 'default/www',
  namespace: 'default',
  name: 'www',
  environment: '',
  uid: 'u1',
  generation: 2,
  resourceVersion: '7',
  finalizers: ['a.example/b', repositoryFinalizer],
  deleting: true,
  remote: undefined,
  error: undefined,
  status: undefined,
};
const soon = { interval: 1, timeout: 20_000 };

let clock: ManualClock;
let notify: (change: RemoteChange) => void;
let entry: RemoteEntry | undefined;
let archived: string | undefined;
let burials: string[];
let patches: unknown[];
let answers: ('patched' | 'changed' | 'never' | GitkubeError)[];
let deletions: Deletions;
let finalizers: Finalizers;

beforeEach(() => {
  clock = new ManualClock();
  entry = deleted;
  archived = '/trash/www';
  burials = [];
  patches = [];
  answers = [];
  const remotes = {
    entries: () => (entry ? [entry] : []),
    entry: () => entry,
    onChange: (listener: typeof notify) => {
      notify = listener;
      return () => {};
    },
  };
  const patchRemote = async (_namespace: string, _name: string, patch: unknown) => {
    patches.push(patch);
    const answer = answers.shift() ?? 'patched';
    if (answer === 'never') return new Promise<never>(() => {});
    if (answer instanceof GitkubeError) throw answer;
    return answer;
  };
  const archive = async ({ uid }: { uid: string }) => {
    burials.push(uid);
    return archived;
  };
  const parts = { remotes, clock, log: silentLogger };
  finalizers = new Finalizers({ kube: { patchRemote }, ...parts });
  deletions = new Deletions({ keeper: { archive }, finalizers, ...parts });
});
afterEach(async () => {
  await deletions[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

it('a Remote is released, once, by removing only our finalizer', async () => {
  deletions.start();
  notify({ id: deleted.id, entry: { ...deleted, resourceVersion: '8' } });
  await vi.waitFor(() => expect(patches).toHaveLength(1), soon);
  expect(patches[0]).toEqual([
    { op: 'test', path: '/metadata/uid', value: 'u1' },
    { op: 'test', path: '/metadata/finalizers/1', value: repositoryFinalizer },
    { op: 'remove', path: '/metadata/finalizers/1' },
  ]);
});

it('a Remote that only others hold is left alone', async () => {
  entry = { ...deleted, finalizers: ['a.example/b'] };
  deletions.start();
  notify({ id: deleted.id, entry: { ...deleted, deleting: false } });
  await new Promise(setImmediate);
  expect(patches).toEqual([]);
});

it('a Remote without a repository here waits a minute, in which another server may let it go', async () => {
  archived = undefined;
  deletions.start();
  await vi.waitFor(() => expect(clock.delays).toEqual([60_000]), soon);
  expect(patches).toEqual([]);
  clock.advance(60_000);
  await vi.waitFor(() => expect(patches).toHaveLength(1), soon);
});

it('the finalizer is tried again while the API server is away, and again when the Remote has changed', async () => {
  answers = [new GitkubeError('ClusterUnavailable', 'down'), 'changed'];
  deletions.start();
  for (const count of [2, 3]) {
    await vi.waitFor(() => expect(clock.pending).toBe(1), soon);
    clock.advance(5000);
    await vi.waitFor(() => expect(patches).toHaveLength(count), soon);
  }
});

it('the end of the server does not wait for an API server that does not answer', async () => {
  answers = ['never'];
  deletions.start();
  await vi.waitFor(() => expect(patches).toHaveLength(1), soon);
  await deletions[Symbol.asyncDispose]();
});

it('a Remote whose finalizer stays is not archived again, nor waited for again', async () => {
  archived = undefined;
  answers = [new GitkubeError('ClusterForbidden', 'gitkube may not patch remotes')];
  deletions.start();
  await vi.waitFor(() => expect(clock.pending).toBe(1), soon);
  clock.advance(60_000);
  await vi.waitFor(() => expect(clock.pending).toBe(1), soon);
  clock.advance(5000);
  await vi.waitFor(() => expect(patches).toHaveLength(2), soon);
  expect(burials).toEqual(['u1']);
  expect(clock.delays.filter((ms) => ms === 60_000)).toHaveLength(1);
});

it('the repository of a Remote that went without the finalizer is archived at once', async () => {
  archived = undefined;
  entry = undefined;
  deletions.start();
  notify({ id: deleted.id, entry: undefined, gone: { ...deleted, deleting: false, finalizers: [] } });
  await vi.waitFor(() => expect(burials).toEqual(['u1']), soon);
  await new Promise(setImmediate);
  expect(patches).toEqual([]);
  expect(clock.delays).toEqual([]);
});

it('the finalizer is added beside others, and to no Remote that is being deleted or has it', async () => {
  const never = new AbortController().signal;
  await finalizers.hold(deleted, never);
  expect(patches).toEqual([]);
  entry = { ...deleted, deleting: false, finalizers: ['a.example/b'] };
  await finalizers.hold(deleted, never);
  expect(patches).toEqual([
    [
      { op: 'test', path: '/metadata/uid', value: 'u1' },
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/metadata/finalizers', value: ['a.example/b', repositoryFinalizer] },
    ],
  ]);
  await finalizers.hold({ id: deleted.id, uid: 'u2' }, never);
  expect(patches).toHaveLength(1);
});

it('a right that is missing is no reason to refuse a push', async () => {
  entry = { ...deleted, deleting: false, finalizers: [] };
  answers = [new GitkubeError('ClusterForbidden', 'gitkube may not patch remotes')];
  await expect(finalizers.hold(deleted, new AbortController().signal)).resolves.toBeUndefined();
});
