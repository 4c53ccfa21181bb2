import { beforeEach, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { TaskOutcome } from '../../deployer/index.ts';
import type { JobRef, V1Job } from '../../kube/index.ts';
import { type BegunMigration, type UndoParts, undoMigrations } from './undo-migrations.ts';

const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
const migration = (name: string, more: Partial<BegunMigration> = {}): BegunMigration => ({
  ...{ name, namespace: 'ns', job: `gk-${name}`, workload, done: 'succeeded' },
  ...more,
});

let jobs: Map<string, V1Job>;
let outcomes: Record<string, TaskOutcome>;
let said: string[];
/** What others read. */
let reported: string[];
const words = {
  say: (line: string) => void said.push(line),
  remains: (line: string) => void said.push(`remains: ${line}`),
};

/** A cluster whose Jobs end as a test says. */
const parts: UndoParts = {
  find: async ({ name }) => jobs.get(name),
  create: async ({ name }: JobRef, job) => {
    const there = jobs.get(name);
    if (!there) jobs.set(name, job);
    return there ?? job;
  },
  await: async (_, { name }) => outcomes[name] ?? { kind: 'succeeded', exitCode: 0, why: '', lines: [] },
  delete: async () => {},
  newPodsLeft: async () => [],
  reports: {
    undone: ({ name }, state) => void reported.push(`${name} ${state}`),
    left: async ({ name }, reason) => void reported.push(`${name} ${reason}`),
  },
};

const job = (name: string): V1Job => ({
  metadata: { name, labels: { 'gitkube.sh/task': name } },
  spec: {
    selector: { matchLabels: { 'controller-uid': '1' } },
    template: {
      metadata: { labels: { 'gitkube.sh/task': name, 'controller-uid': '1', 'job-name': name } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'www', image: 'new', command: ['up'] }] },
    },
  },
});

beforeEach(() => {
  jobs = new Map(['gk-a', 'gk-b'].map((name) => [name, job(name)]));
  [outcomes, said, reported] = [{}, [], []];
});

it('undoes the last migration first, with its own command in the same image', async () => {
  await undoMigrations(parts, [migration('a', { undo: ['down'] }), migration('b', { undo: ['down', 'b'] })], words);
  expect(said).toEqual([
    ...['task b: undoing it', 'undo of task b succeeded'],
    ...['task a: undoing it', 'undo of task a succeeded'],
  ]);
  const undo = jobs.get('gk-b-undo');
  expect(undo?.spec?.template.spec?.containers).toEqual([{ name: 'www', image: 'new', command: ['down', 'b'] }]);
  // By these the controller of Jobs would find the pods of both.
  expect(undo?.spec?.selector).toBeUndefined();
  expect(undo?.spec?.template.metadata?.labels).toEqual({ 'gitkube.sh/task': 'gk-b' });
});

it('says what nothing undoes', async () => {
  await undoMigrations(parts, [migration('a')], words);
  expect(reported).toEqual(['a NotUndone']);
  expect(said).toEqual(['remains: task a has run, and nothing undoes it: the database may be ahead of the code']);
});

it('leaves one alone that has failed, and one that was never created', async () => {
  const begun = [
    migration('a', { done: 'failed', undo: ['down'] }),
    migration('c', { done: undefined, undo: ['down'] }),
  ];
  await undoMigrations(parts, begun, words);
  expect(said).toEqual([]);
});

it('says that one was ended by force, and undoes nothing of it', async () => {
  await undoMigrations(parts, [migration('a', { done: 'ended', undo: ['down'] })], words);
  expect(said).toEqual([
    'remains: task a was ended by force: the database is between two versions: correct it by hand',
  ]);
});

it('says that one was ended halfway, by its time or by what kills it, and undoes nothing of it', async () => {
  const left = 'remains: task a was ended halfway: the database is between two versions: correct it by hand';
  await undoMigrations(parts, [migration('a', { done: 'failed', isHalfway: true, undo: ['down'] })], words);
  expect(said).toEqual([left]);
  const found = migration('a', { done: undefined, undo: ['down'] });
  for (const outcome of [{ kind: 'timed out' }, { kind: 'failed' }, { kind: 'failed', exitCode: 137 }] as const) {
    outcomes = { 'gk-a': { why: '', lines: [], isKilled: true, ...outcome } };
    await undoMigrations(parts, [found], words);
    expect(said.at(-1)).toBe(left);
    expect(reported.slice(-1)).toEqual(['a EndedHalfway']);
  }
});

it('says no such thing of one that has never begun', async () => {
  const unstarted = { kind: 'failed', why: 'no node', lines: [], isUnstarted: true } as const;
  await undoMigrations({ ...parts, await: async () => unstarted }, [migration('a', { done: undefined })], words);
  expect(said).toEqual(['task a failed (no node)']);
  said = [];
  await undoMigrations({ ...parts, await: async () => unstarted }, [migration('a', { undo: ['down'] })], words);
  expect(said.at(-1)).toBe('remains: undo of task a failed (no node): the database may be ahead of the code');
});

it('waits for the end of one that nobody knows, and undoes it when it has succeeded', async () => {
  await undoMigrations(parts, [migration('a', { done: undefined, undo: ['down'] })], words);
  expect(said).toEqual(['task a: undoing it', 'undo of task a succeeded']);
  outcomes = { 'gk-b': { kind: 'failed', exitCode: 1, why: '', lines: [] } };
  await undoMigrations(parts, [migration('b', { done: undefined, undo: ['down'] })], words);
  expect(said.slice(2)).toEqual(['task b failed with exit code 1']);
  expect(reported).toEqual(['a Succeeded', 'a Undone', 'b Failed']);
});

it('says that one may have run whose Job is gone', async () => {
  await undoMigrations(parts, [migration('c', { done: undefined, uid: 'u1' })], words);
  expect(said).toEqual(['remains: task c may have run, its Job is gone: the database may be ahead of the code']);
});

it('says that one may have run whose Job the server may not read any more, and holds up nothing', async () => {
  const forbidden = { ...parts, find: async () => Promise.reject(new GitkubeError('ClusterForbidden', 'no right')) };
  await undoMigrations(forbidden, [migration('a', { done: undefined, uid: 'u1', undo: ['down'] })], words);
  expect(said).toEqual([
    'remains: task a may have run, and the server may not read its Job: the database may be ahead of the code',
  ]);
  expect(reported).toEqual(['a Failed', 'a NotUndone']);
});

it('says what an undo that fails has left, and goes on with the others', async () => {
  outcomes = { 'gk-b-undo': { kind: 'failed', exitCode: 2, why: '', lines: ['no such column'] } };
  await undoMigrations(parts, [migration('a', { undo: ['down'] }), migration('b', { undo: ['down'] })], words);
  expect(said).toEqual([
    'task b: undoing it',
    '  no such column',
    'remains: undo of task b failed with exit code 2: the database is between two versions: correct it by hand',
    'task a: undoing it',
    'undo of task a succeeded',
  ]);
  expect(reported).toEqual(['b UndoFailed', 'b UndoFailed', 'a Undone']);
});

it('hands what they print to those who may read it', async () => {
  outcomes = { 'gk-a-undo': { kind: 'failed', exitCode: 2, why: '', lines: ['password=x'] } };
  await undoMigrations(parts, [migration('a', { undo: ['down'] })], { ...words, print: () => {} });
  expect(said.join()).not.toContain('password');
});

it('does it once when it is asked twice', async () => {
  const begun = [migration('a', { undo: ['down'] })];
  await undoMigrations(parts, begun, words);
  const first = jobs.get('gk-a-undo');
  await undoMigrations(parts, begun, words);
  expect(jobs.get('gk-a-undo')).toBe(first);
});

it('is to be tried again when the API server does not answer, and not when it refuses', async () => {
  const begun = [migration('a', { undo: ['down'] })];
  const lost = { ...parts, create: async () => Promise.reject(new GitkubeError('ClusterUnavailable', 'no answer')) };
  await expect(undoMigrations(lost, begun, words)).rejects.toMatchObject({ reason: 'ClusterUnavailable' });
  const refused = { ...parts, create: async () => Promise.reject(new GitkubeError('RolloutRefused', 'quota')) };
  await undoMigrations(refused, begun, words);
  expect(said.at(-1)).toBe('remains: undo of task a was not started: quota; the database may be ahead of the code');
});
