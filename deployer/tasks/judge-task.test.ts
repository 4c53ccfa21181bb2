import { expect, it } from 'vitest';
import type { V1Job, V1Pod } from '../../kube/kube.ts';
import { judgeTask } from './judge-task.ts';

const job = (backoffLimit: number, ...conditions: { type: string; reason?: string }[]) =>
  ({
    spec: { backoffLimit },
    status: { conditions: conditions.map((one) => ({ ...one, status: 'True' })) },
  }) as unknown as V1Job;
const pod = (exitCode: number | undefined, { reason = 'Error', at = 0, container = 'web' } = {}) =>
  ({
    status: {
      containerStatuses: [
        {
          name: container,
          state:
            exitCode === undefined ? { running: {} } : { terminated: { exitCode, reason, finishedAt: new Date(at) } },
        },
      ],
    },
  }) as unknown as V1Pod;
/** @param at in milliseconds since the epoch */
const drained = (of: V1Pod, at = 0) => {
  const condition = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: new Date(at) };
  return { ...of, status: { ...of.status, conditions: [condition] } } as V1Pod;
};
/** Since then it has 30 s. @param at in milliseconds since the epoch */
const deleted = (of: V1Pod, at: number) =>
  ({
    ...of,
    metadata: { deletionTimestamp: new Date(at + 30_000), deletionGracePeriodSeconds: 30 },
  }) as V1Pod;
const overtime = { type: 'FailureTarget', reason: 'DeadlineExceeded' };
const failed = { type: 'Failed', reason: 'BackoffLimitExceeded' };

it.each<[string, V1Job, V1Pod[], object | undefined]>([
  ['goes on while its container runs', job(0), [pod(undefined)], undefined],
  ['goes on while it has no pod', job(0), [], undefined],
  ['succeeds with its container, although another one of the pod never ends', job(0), [pod(0)], { kind: 'succeeded' }],
  ['succeeds with its Job, when the pod is gone', job(0, { type: 'Complete' }), [], { kind: 'succeeded' }],
  ['fails with its container, before its Job says so', job(0), [pod(3)], { kind: 'failed', exitCode: 3, why: '' }],
  ['goes on with another pod after a failure, when it has a retry', job(1), [pod(3)], undefined],
  ['fails after its last retry', job(1), [pod(3, { at: 1 }), pod(4, { at: 2 })], { kind: 'failed', exitCode: 4 }],
  ['succeeds after a retry', job(1), [pod(3, { at: 1 }), pod(0, { at: 2 })], { kind: 'succeeded' }],
  ['fails with why its container was ended', job(0), [pod(137, { reason: 'OOMKilled' })], { why: 'OOMKilled' }],
  ['fails with the reason of its Job, when no container has ended', job(0, failed), [], { why: failed.reason }],
  [
    'times out by the deadline of its Job',
    job(0, { type: 'Failed', reason: 'DeadlineExceeded' }),
    [],
    { kind: 'timed out' },
  ],
  [
    'has not failed with a container that could not be started',
    job(0),
    [pod(128, { reason: 'StartError' })],
    undefined,
  ],
  ['goes on with another pod when its node was drained', job(0), [drained(pod(143))], undefined],
  [
    'fails when its node was drained, and its Job says so',
    job(0, { type: 'Failed', reason: 'PodFailurePolicy' }),
    [drained(pod(143))],
    { kind: 'failed' },
  ],
  [
    'goes on while its container is in its grace, although its deadline is over',
    job(0, { type: 'FailureTarget', reason: 'DeadlineExceeded' }),
    [pod(undefined)],
    undefined,
  ],
  [
    'goes on while its container is in its grace, although its Job has failed, as before Kubernetes 1.31',
    job(0, { type: 'Failed', reason: 'DeadlineExceeded' }),
    [pod(undefined)],
    undefined,
  ],
  [
    'times out when its program exits with 0 as its time is over',
    job(0, overtime),
    [deleted(pod(0, { at: 600_000 }), 600_000)],
    { kind: 'timed out', isKilled: true },
  ],
  [
    'goes on until its Job says why its pod was deleted',
    job(0),
    [deleted(pod(143, { at: 601_000 }), 600_000)],
    undefined,
  ],
  [
    'has succeeded when its pod was deleted after its end',
    job(0),
    [deleted(pod(0, { at: 599_000 }), 600_000)],
    { kind: 'succeeded' },
  ],
  [
    'fails when its program exits with 0 as its node is drained, whatever its Job makes of that',
    job(0, { type: 'Complete' }),
    [drained(pod(0, { at: 5000 }), 4000)],
    { kind: 'failed', isKilled: true },
  ],
  [
    'was killed when one of its runs was, and the next one failed on its own',
    job(1),
    [pod(137, { reason: 'OOMKilled', at: 9000 }), pod(1, { at: 2000 })],
    { kind: 'failed', exitCode: 1, isKilled: true },
  ],
  ['was not killed when its program fails', job(0), [pod(1)], { kind: 'failed', isKilled: false }],
  ['is none of the other containers', job(0), [pod(0, { container: 'mesh' })], undefined],
])('a task %s', (_, of, pods, end) => {
  const judged = judgeTask({ job: of, pods, container: 'web' });
  if (end === undefined) expect(judged).toBeUndefined();
  else expect(judged).toMatchObject(end);
});

it('a task whose node does not report its end has no more than its time', () => {
  const state = { job: job(0, overtime), pods: [pod(undefined)], container: 'web' };
  expect(judgeTask(state)).toBeUndefined();
  expect(judgeTask({ ...state, isLost: true })).toMatchObject({ kind: 'timed out', isKilled: true });
  expect(judgeTask({ ...state, job: job(0), isLost: true })).toMatchObject({ kind: 'timed out', isKilled: true });
});
