import { beforeEach, expect, it } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import type { TaskStage } from '../../../remote-crd/index.ts';
import { EndUnknown } from '../../tasks/end-unknown.ts';
import { TaskCutOff, TaskFailure } from '../../tasks/task-failure.ts';
import { runTask } from './run-task.ts';

let done: string[];
let failure: unknown;
let isCreated: boolean;
let signal: AbortController;
let forced: AbortController;

const tasks = {
  run: async (_: unknown, run: { signal: AbortSignal; created: (uid: string) => Promise<void> }) => {
    if (isCreated) await run.created('u1');
    done.push('run');
    signal.abort();
    done.push(`ended: ${run.signal.aborted}`);
    if (failure) throw failure;
    return { ms: 1 };
  },
  delete: async () => void done.push('delete'),
};

function run(stage: TaskStage) {
  const task = { name: 'a', stage, from: { kind: 'Deployment', deployment: 'www', container: 'app' } };
  const facts = {
    ...{ id: 'd1', commit: 'c1', remote: { namespace: 'ns', name: 'app', uid: 'u1' } },
    ready: { task, ref: { namespace: 'ns', name: 'gk-a' }, job: {} },
    journal: { clear: async () => void done.push('clear') },
    ...{ signal: signal.signal, forced: forced.signal, output: { say: () => {} } },
    phases: { begin: (phase: string) => done.push(`phase ${phase}`) },
  };
  const keep = async ({ task: { done: how } }: { task: { done?: string | undefined } }) =>
    void done.push(`keep ${how ?? 'begun'}`);
  return runTask.run(facts as never, { tasks } as never, keep);
}

beforeEach(() => {
  [done, failure, isCreated] = [[], undefined, false];
  [signal, forced] = [new AbortController(), new AbortController()];
});

it('a task alone is in the journal before its Job is created, and a migration is not ended by a cancel', async () => {
  const added = await run('Migrate');
  expect(done).toEqual(['keep begun', 'phase migrate', 'run', 'ended: false', 'keep succeeded', 'delete', 'clear']);
  expect(added).toEqual({ outcome: { kind: 'ran', task: 'a' } });
});

it('a test or a check is ended by a cancel', async () => {
  failure = new GitkubeError('Cancelled', 'cancelled');
  await expect(run('Test')).rejects.toBe(failure);
  expect(done).toEqual(['keep begun', 'phase test', 'run', 'ended: true', 'keep ended']);
});

it('one that fails keeps its Job, and is in the journal as failed', async () => {
  failure = new GitkubeError('TaskFailed', 'exit code 3');
  await expect(run('Migrate')).rejects.toBe(failure);
  expect(done.slice(-1)).toEqual(['keep failed']);
});

it('a migration of which nobody knows the end is in the journal without one', async () => {
  failure = new EndUnknown(new GitkubeError('RestoreUnfinished', 'still runs'));
  await expect(run('Migrate')).rejects.toMatchObject({ reason: 'RestoreUnfinished' });
  expect(done.slice(-1)).toEqual(['ended: false']);
});

it('one that had begun, and whose end nobody knows, is none that did not run', async () => {
  failure = new EndUnknown(new GitkubeError('RestoreUnfinished', 'still runs'));
  await expect(run('Migrate')).rejects.not.toBeInstanceOf(TaskCutOff);
  isCreated = true;
  signal = new AbortController();
  await expect(run('Migrate')).rejects.toBeInstanceOf(TaskCutOff);
  signal = new AbortController();
  failure = new TaskFailure('TaskFailed', 'x', { exitCode: 3 }, {});
  await expect(run('Migrate')).rejects.toBe(failure);
});

it('one that is cancelled before it begins does not run', async () => {
  signal.abort(new GitkubeError('Cancelled', 'its client has left'));
  await expect(run('Migrate')).rejects.toMatchObject({ reason: 'Cancelled' });
  expect(done).toEqual(['keep begun']);
});
