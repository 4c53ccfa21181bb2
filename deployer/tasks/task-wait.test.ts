import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { Collection, Kube, KubeEvent, V1Job, V1Pod, WatchHandler } from '../../kube/kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TaskNotStarted } from './task-start.ts';
import { JobDeleted, type TaskOutcome, waitForTask } from './task-wait.ts';

const ref = { namespace: 'ns', name: 'gk-schema' };
const workload = { kind: 'Deployment', namespace: 'ns', name: 'www' } as const;
const created = {
  metadata: { name: ref.name, uid: 'j1' },
  spec: { backoffLimit: 0, activeDeadlineSeconds: 600 },
} as V1Job;

let clock: ManualClock;
/** What the watches have, and what a list has: the API server is ahead of a watch. */
let jobs: V1Job[];
let watched: V1Pod[];
let listed: V1Pod[];
let isListed: PromiseWithResolvers<void>;
let notify: (() => void)[];
let said: string[];
let events: KubeEvent[];

const kube = {
  watch: ({ path }: Collection, { upsert }: WatchHandler<never>) => {
    notify.push(() => upsert(undefined as never));
    return {
      get objects() {
        const all = path.endsWith('/jobs') ? jobs : watched;
        return new Map(all.map((one) => [one.metadata?.name, one]));
      },
      synced: isListed.promise,
      restarts: 0,
      [Symbol.asyncDispose]: async () => {},
    };
  },
  listPods: async () => listed,
  getJob: async () => jobs[0],
  listEvents: async () => events,
  podLog: async () => '',
  followPodLog: async function* () {},
} as unknown as Kube;

beforeEach(() => {
  clock = new ManualClock();
  [jobs, watched, listed, notify, said] = [[created], [], [], [], []];
  isListed = Promise.withResolvers<void>();
  events = [];
});

function pod(state: object, phase = 'Pending', conditions: object[] = []): V1Pod {
  const metadata = { name: 'gk-schema-1', uid: 'p1', ownerReferences: [{ uid: 'j1' }] };
  const status = { phase, conditions, containerStatuses: [{ name: 'web', restartCount: 0, state }] };
  return { metadata, spec: { terminationGracePeriodSeconds: 30, containers: [] }, status } as unknown as V1Pod;
}

const terminated = (exitCode: number) =>
  pod({ terminated: { exitCode, reason: 'Error', finishedAt: new Date() } }, 'Failed');
const waitsForImage = () => pod({ waiting: { reason: 'ImagePullBackOff', message: 'timeout' } });

function failedJob(type: 'Failed' | 'FailureTarget', reason: string): V1Job {
  return { ...created, status: { conditions: [{ type, reason, status: 'True' }] } } as unknown as V1Job;
}

function changed(): void {
  for (const one of notify) one();
}

/** @param ms how long it lasts before it is looked at */
async function endWithin(
  ms: number,
  eachSecond: (at: number) => void = () => {},
): Promise<TaskOutcome | Error | 'waits'> {
  let end: TaskOutcome | Error | 'waits' = 'waits';
  const over = new AbortController();
  const options = {
    ...{ ref, job: created, container: 'web', workload, beginSeconds: 660, signal: over.signal },
    ...{ onLine: () => {}, say: (line: string) => void said.push(line) },
  };
  const waiting = waitForTask({ kube, clock, log: silentLogger, stopWaiting: over.signal }, options).then(
    (outcome) => {
      end = outcome;
    },
    (thrown) => {
      if (!over.signal.aborted) end = thrown;
    },
  );
  for (let at = 0; at <= ms && end === 'waits'; at += 1000) {
    eachSecond(at);
    for (let turns = 0; turns < 20; turns++) await setImmediate();
    clock.advance(1000);
  }
  over.abort();
  await waiting;
  return end;
}

it('a Job that had failed before anybody waited for it is judged by its pods, once they are listed', async () => {
  jobs = [failedJob('Failed', 'BackoffLimitExceeded')];
  const end = await endWithin(3000, (at) => {
    if (at < 2000) return;
    [watched, listed] = [[terminated(3)], [terminated(3)]];
    isListed.resolve();
    changed();
  });
  expect(end).toMatchObject({ kind: 'failed', exitCode: 3, isKilled: false });
});

it('a Job that has failed is judged by its pods as they are now: the watch of pods may be behind', async () => {
  isListed.resolve();
  [jobs, watched, listed] = [[failedJob('Failed', 'BackoffLimitExceeded')], [pod({ running: {} })], [terminated(3)]];
  expect(await endWithin(3000)).toMatchObject({ kind: 'failed', exitCode: 3, isKilled: false });
});

it('a task whose time is over before its pod has a node has not begun, and says why', async () => {
  isListed.resolve();
  const message = '0/1 nodes are available: 1 Insufficient memory.';
  watched = [pod({}, 'Pending', [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }])];
  const end = await endWithin(700_000, (at) => {
    if (at === 600_000) [jobs, watched] = [[failedJob('Failed', 'DeadlineExceeded')], []];
    changed();
  });
  expect(end).toBeInstanceOf(TaskNotStarted);
  expect((end as TaskNotStarted).cause).toMatchObject({
    reason: 'TaskTimeout',
    message: expect.stringMatching(/^it did not begin within 600 s: it cannot be scheduled: .*Insufficient memory/),
    hint: expect.arrayContaining([expect.stringContaining('resources.requests.memory')]),
  });
});

it('a task whose pod was refused until its time was over has not begun, and says why', async () => {
  isListed.resolve();
  const message = 'pods "gk-schema-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1';
  events = [{ reason: 'FailedCreate', message } as KubeEvent];
  const end = await endWithin(20_000, (at) => {
    if (at === 10_000) jobs = [failedJob('Failed', 'DeadlineExceeded')];
    changed();
  });
  expect(end).toBeInstanceOf(TaskNotStarted);
  expect((end as TaskNotStarted).cause).toMatchObject({
    reason: 'RolloutRefused',
    message: expect.stringContaining('its pod is refused: pods "gk-schema-1" is forbidden: exceeded quota: team'),
  });
});

it('a task whose Job somebody deletes says so', async () => {
  isListed.resolve();
  jobs = [];
  expect(await endWithin(3000)).toBeInstanceOf(JobDeleted);
});

it('a task that has begun by now is waited for, although the watch says that it cannot begin', async () => {
  isListed.resolve();
  [watched, listed] = [[waitsForImage()], [pod({ running: {} }, 'Running')]];
  expect(await endWithin(40_000, changed)).toBe('waits');
  listed = watched;
  expect(await endWithin(40_000, changed)).toBeInstanceOf(TaskNotStarted);
});

it.each(['FailureTarget', 'Failed'] as const)(
  'a task on a node that has gone has its time, its grace, and a minute: %s',
  async (type) => {
    isListed.resolve();
    [jobs, watched] = [[failedJob(type, 'DeadlineExceeded')], [pod({ running: {} }, 'Running')]];
    listed = watched;
    expect(await endWithin(85_000, changed)).toBe('waits');
    expect(await endWithin(100_000, changed)).toMatchObject({
      kind: 'timed out',
      why: 'its node does not report its end',
      isKilled: true,
    });
  },
);

it('a task that has failed is not tried again while another container of its pod goes on', async () => {
  isListed.resolve();
  jobs = [{ ...created, spec: { backoffLimit: 2 } } as V1Job];
  const failed = pod({ terminated: { exitCode: 3, reason: 'Error', finishedAt: new Date() } }, 'Running');
  const proxy = { name: 'proxy', state: { running: {} } };
  const { containerStatuses = [] } = failed.status ?? {};
  const heldUp = { ...failed, status: { ...failed.status, containerStatuses: [...containerStatuses, proxy] } };
  watched = [heldUp as unknown as V1Pod];
  listed = watched;
  expect(await endWithin(10_000, changed)).toBe('waits');
  expect(await endWithin(20_000, changed)).toMatchObject({
    kind: 'failed',
    exitCode: 3,
    isKilled: false,
    isOpen: true,
  });
  watched = [failed];
  listed = watched;
  expect(await endWithin(20_000, changed)).toBe('waits');
});
