import { describe, expect, it } from 'vitest';
import { makeCronJob, makeDaemonSet, makeStatefulSet, type StatefulSetOptions } from '../testing/workloads.ts';
import { workloadStatus } from './workload-status.ts';

type DaemonSetOptions = Parameters<typeof makeDaemonSet>[0];

function statusOf(workload: Parameters<typeof workloadStatus>[0]): string {
  const status = workloadStatus(workload, { generation: 0 });
  return status.kind === 'waiting' ? status.why : status.kind;
}

const partition = (number: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } },
});
const onDelete = { updateStrategy: { type: 'OnDelete' } };

const statefulSets: [string, StatefulSetOptions, string][] = [
  ['rolled out', {}, 'complete'],
  ['spec newer than status', { status: { observedGeneration: 1 } }, 'Kubernetes to observe the change'],
  ['the last pod just deleted', { status: { replicas: 2, readyReplicas: 2 } }, 'its pods to be created'],
  ['the new pod starts', { status: { readyReplicas: 2, updatedReplicas: 1 } }, 'its pods to be ready'],
  ['one of three replaced', { status: { updatedReplicas: 1 } }, 'its pods to be replaced'],
  ['one pod too many', { status: { replicas: 4 } }, '1 pod to end'],
  ['ready, and not for minReadySeconds yet', { status: { availableReplicas: 2 } }, 'its pods to be available'],
  ['an API server that knows no availableReplicas', { status: { availableReplicas: undefined } }, 'complete'],
  ['all at or above the partition replaced', { spec: partition(2), status: { updatedReplicas: 1 } }, 'complete'],
  [
    'not all above the partition replaced',
    { spec: partition(1), status: { updatedReplicas: 1 } },
    'its pods to be replaced',
  ],
  ['a partition beyond its pods', { spec: partition(9), status: { updatedReplicas: 0 } }, 'complete'],
  ['a pod below the partition not ready', { spec: partition(2), status: { readyReplicas: 2 } }, 'its pods to be ready'],
  ['OnDelete with old pods only', { spec: onDelete, status: { updatedReplicas: 0, readyReplicas: 1 } }, 'complete'],
  [
    'OnDelete not yet taken up',
    { spec: onDelete, status: { observedGeneration: 1 } },
    'Kubernetes to observe the change',
  ],
  ['no update strategy at all', { spec: { updateStrategy: undefined } }, 'complete'],
  [
    'scaled to nothing',
    { spec: { replicas: 0 }, status: { replicas: 0, readyReplicas: 0, availableReplicas: 0, updatedReplicas: 0 } },
    'complete',
  ],
];

const daemonSets: [string, DaemonSetOptions, string][] = [
  ['rolled out', {}, 'complete'],
  ['spec newer than status', { status: { observedGeneration: 1 } }, 'Kubernetes to observe the change'],
  ['nodes not counted yet', { status: { desiredNumberScheduled: undefined } }, 'Kubernetes to choose its nodes'],
  ['a node without its pod', { status: { currentNumberScheduled: 1 } }, 'its pods to be created'],
  ['one of two replaced (maxUnavailable 1)', { status: { updatedNumberScheduled: 1 } }, 'its pods to be replaced'],
  ['the new pod not available', { status: { numberAvailable: 1 } }, 'its pods to be ready'],
  ['the new pod not ready', { status: { numberReady: 1 } }, 'its pods to be ready'],
  ['no available pod, a count that is left out', { status: { numberAvailable: undefined } }, 'its pods to be ready'],
  [
    'no node at all',
    {
      status: {
        desiredNumberScheduled: 0,
        currentNumberScheduled: 0,
        numberReady: 0,
        updatedNumberScheduled: undefined,
        numberAvailable: undefined,
      },
    },
    'complete',
  ],
  ['OnDelete with old pods only', { spec: onDelete, status: { updatedNumberScheduled: 0 } }, 'complete'],
];

describe('the rollout status of a StatefulSet', () => {
  it.each(statefulSets)('is that of kstatus for: %s', (_, options, expected) => {
    expect(statusOf(makeStatefulSet(options))).toBe(expected);
  });

  it('ignores what was said before the patch', () => {
    expect(workloadStatus(makeStatefulSet(), { generation: 3 }).kind).toBe('waiting');
  });
});

describe('the rollout status of a DaemonSet', () => {
  it.each(daemonSets)('is that of kstatus for: %s', (_, options, expected) => {
    expect(statusOf(makeDaemonSet(options))).toBe(expected);
  });
});

describe('a CronJob', () => {
  it('has no rollout, suspended or not', () => {
    expect(statusOf(makeCronJob())).toBe('complete');
    expect(statusOf(makeCronJob({ spec: { suspend: true } }))).toBe('complete');
  });
});
