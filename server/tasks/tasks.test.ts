import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { JobRef, Kube, V1Job, V1Pod } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { endTask } from './end-task.ts';
import { EndUnknown } from './end-unknown.ts';
import type { ReadyTask } from './task-order.ts';
import { Tasks } from './tasks.ts';

const events = { emit: () => {} };
let jobs: (V1Job | undefined)[];
let deleted: string[];
let isAway: boolean;
let pods: V1Pod[];
/** A cluster in which a Job goes on for ever. */
const kube = {
  watch: () => ({ objects: new Map(), synced: new Promise(() => {}), [Symbol.asyncDispose]: async () => {} }),
  listEvents: async () => [],
  createJob: async (_: JobRef, created: V1Job) => created,
  getJob: async () => jobs.shift(),
  listPods: async () => pods,
  deleteJob: async (_: JobRef, uid: string, policy: string) => {
    if (isAway) throw new GitkubeError('ClusterUnavailable', 'no answer');
    deleted.push(`${uid} ${policy}`);
  },
} as unknown as Kube;

beforeEach(() => {
  [jobs, deleted, isAway, pods] = [[], [], false, []];
});

function makeTasks(clock: ManualClock, stopWaiting: AbortSignal): Tasks {
  const repositories = { findOf: async () => undefined };
  return new Tasks({ kube, enabled: true, events, repositories, clock, log: silentLogger, stopWaiting });
}

const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
const ref = { namespace: 'ns', name: 'gk-schema' };
const migration = { name: 'schema', namespace: 'ns', job: ref.name, workload };
const job = { metadata: { uid: 'j1' }, spec: { activeDeadlineSeconds: 600, template: {} } };

it('a migration of a deploy that was cut off is waited for, which is said every ten seconds', async () => {
  const [clock, stop] = [new ManualClock(), new AbortController()];
  const tasks = makeTasks(clock, stop.signal);
  const said: string[] = [];
  const waiting = tasks.await(migration, ref, job, { say: (line) => said.push(line), print: () => {} });
  for (const seconds of [10, 20]) {
    await vi.waitFor(() => expect(clock.delays.filter((ms) => ms === 10_000)).toHaveLength(seconds / 10));
    clock.advance(10_000);
    await vi.waitFor(() =>
      expect(said.at(-1)).toBe(`waiting for the end of task schema (Job gk-schema), for ${seconds} s so far`),
    );
  }
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ reason: 'RestoreUnfinished' });
});

it('a deploy that is cancelled stops waiting for it, and it goes on', async () => {
  const cancel = new AbortController();
  const tasks = makeTasks(new ManualClock(), new AbortController().signal);
  const waiting = tasks.await(migration, ref, job, { say: () => {}, signal: cancel.signal });
  const reason = new GitkubeError('Cancelled', 'by ada');
  cancel.abort(reason);
  // It deletes no Job: this cluster has no such call.
  await expect(waiting).rejects.toBe(reason);
});

/** A migration that is ended by force while it runs. */
function forceEnd(clock: ManualClock): Promise<unknown> {
  const forced = new AbortController();
  const tasks = makeTasks(clock, new AbortController().signal);
  const from = { kind: 'Deployment', deployment: 'www', container: 'www' };
  const ready = { task: { name: 'schema', stage: 'Migrate', from }, ref, job } as unknown as ReadyTask;
  const running = tasks.run(ready, {
    say: () => {},
    signal: forced.signal,
    created: async () => forced.abort(new GitkubeError('Cancelled', 'by force')),
  });
  return running.then(
    () => 'succeeded',
    (thrown) => thrown,
  );
}

/** What it comes to while the clock runs. */
async function settled(ended: Promise<unknown>, clock: ManualClock, stepMs: number): Promise<unknown> {
  let isOver = false;
  const over = ended.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await setImmediate();
    clock.advance(stepMs);
  }
  return over;
}

it('a migration that is ended by force is over when its pods are gone', async () => {
  const clock = new ManualClock();
  jobs = [job, job, job, undefined];
  expect(await settled(forceEnd(clock), clock, 500)).toMatchObject({ reason: 'Cancelled' });
  expect([deleted, jobs]).toEqual([['j1 Foreground'], []]);
});

it('one that cannot be ended, as the API server is away, is waited for later', async () => {
  const clock = new ManualClock();
  [jobs, isAway] = [[job], true];
  expect(await settled(forceEnd(clock), clock, 1000)).toBeInstanceOf(EndUnknown);
});

describe('a Job that is deleted', () => {
  const template = { spec: { containers: [{ name: 'www' }] } };
  const end = () =>
    endTask({ kube, clock: new ManualClock(), log: silentLogger, stopWaiting: never }, ref, {
      spec: { template },
    } as V1Job);
  const never = new AbortController().signal;
  const podIn = (state: object) => ({ status: { containerStatuses: [{ name: 'www', state }] } }) as unknown as V1Pod;

  it.each([
    [true, [podIn({ running: {} })]],
    [false, [podIn({ waiting: { reason: 'ImagePullBackOff' } })]],
    [false, []],
  ])('says whether its command had begun by then: %s', async (hasBegun, its) => {
    [jobs, pods] = [[job as V1Job], its];
    expect(await end()).toBe(hasBegun);
  });

  it('is not waited for when the server ends', async () => {
    jobs = Array.from({ length: 5 }, () => job as V1Job);
    const stop = new AbortController();
    stop.abort(new GitkubeError('ShuttingDown', 'the server ends'));
    const ending = endTask(
      { kube, clock: new ManualClock(), log: silentLogger, stopWaiting: stop.signal },
      ref,
      job as V1Job,
    );
    await expect(ending).rejects.toMatchObject({ reason: 'ShuttingDown' });
  });
});
