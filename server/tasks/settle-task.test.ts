import { beforeEach, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { TaskOutcome } from '../../deployer/index.ts';
import type { V1Job } from '../../kube/index.ts';
import { notUndone } from './end-unknown.ts';
import { settleTask } from './settle-task.ts';
import type { BegunMigration, UndoParts } from './undo-migrations.ts';

const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
const begun: BegunMigration = { name: 'a', namespace: 'ns', job: 'gk-a', uid: 'u1', workload, undo: ['down'] };

let said: string[];
let job: V1Job | undefined;
let outcome: TaskOutcome;
const words = {
  say: (line: string) => void said.push(line),
  remains: (line: string) => void said.push(`remains: ${line}`),
};

const parts: UndoParts = {
  find: async () => job,
  create: () => Promise.reject(new Error('nothing is undone')),
  await: async () => outcome,
  delete: async ({ name }) => void said.push(`delete ${name}`),
  newPodsLeft: async () => [],
  reports: {
    undone: ({ name }, state) => void said.push(`${name} ${state}`),
    left: async ({ name }, reason) => void said.push(`${name} ${reason}`),
  },
};

beforeEach(() => {
  [said, job, outcome] = [[], {}, { kind: 'succeeded', exitCode: 0, why: '', lines: [] }];
});

it('a migration that was cut off is waited for, and not undone', async () => {
  await settleTask(parts, 'Migrate', begun, words);
  expect(said).toEqual(['a Succeeded', 'remains: task a has run to its end, and succeeded']);
});

it('one that fails says so', async () => {
  outcome = { kind: 'failed', exitCode: 3, why: '', lines: [] };
  await settleTask(parts, 'Migrate', begun, words);
  expect(said).toEqual([
    'a Failed',
    'task a failed with exit code 3',
    'remains: task a has run to its end, and failed',
  ]);
});

it('one that was ended halfway has left what nobody knows', async () => {
  await settleTask(parts, 'Migrate', { ...begun, done: 'failed', isHalfway: true }, words);
  outcome = { kind: 'timed out', why: '', lines: [], isKilled: true };
  await settleTask(parts, 'Migrate', begun, words);
  expect(said.filter((line) => line === 'a EndedHalfway')).toHaveLength(2);
});

it('one that runs on when the server ends is not said to be undone by the next one', async () => {
  const stopped = { ...parts, find: () => Promise.reject(notUndone()) };
  await expect(settleTask(stopped, 'Migrate', begun, words)).rejects.toMatchObject({
    reason: 'RestoreUnfinished',
    message: 'task a still runs',
  });
});

it('a test or a check that was cut off is deleted', async () => {
  await settleTask(parts, 'Verify', begun, words);
  expect(said).toEqual(['delete gk-a']);
});

it('one whose end is known, or that was never created, is left alone', async () => {
  await settleTask(parts, 'Migrate', { ...begun, done: 'failed' }, words);
  job = undefined;
  await settleTask(parts, 'Migrate', { ...begun, uid: undefined }, words);
  expect(said).toEqual([]);
});

it('a migration that was ended by force, or whose Job is gone, has left what nobody knows', async () => {
  await settleTask(parts, 'Migrate', { ...begun, done: 'ended' }, words);
  expect(said).toContain('a EndedByForce');
  job = undefined;
  await settleTask(parts, 'Migrate', begun, words);
  expect(said.at(-1)).toBe('remains: task a may have run, its Job is gone');
});

it('one whose Job is gone, or may not be read any more, does not run for ever, and holds up nothing', async () => {
  job = undefined;
  await settleTask(parts, 'Migrate', begun, words);
  expect(said).toEqual(['a Failed', 'remains: task a may have run, its Job is gone']);
  said = [];
  const forbidden = new GitkubeError('ClusterForbidden', 'no right');
  await settleTask({ ...parts, find: () => Promise.reject(forbidden) }, 'Migrate', begun, words);
  expect(said).toEqual(['a Failed', 'remains: task a may have run, and the server may not read its Job']);
  const silent = new GitkubeError('ClusterUnavailable', 'no answer');
  await expect(settleTask({ ...parts, find: () => Promise.reject(silent) }, 'Migrate', begun, words)).rejects.toBe(
    silent,
  );
});
