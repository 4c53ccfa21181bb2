import { expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { readyPods } from './ready-pods.ts';

it.each([
  ['Deployment', { spec: { replicas: 3 }, status: { readyReplicas: 2 } }, { ready: 2, wanted: 3 }],
  ['Deployment', { spec: { replicas: 0 } }, { ready: 0, wanted: 0 }],
  ['StatefulSet', { spec: {}, status: {} }, { ready: 0, wanted: 1 }],
  ['DaemonSet', { status: { numberReady: 1, desiredNumberScheduled: 4 } }, { ready: 1, wanted: 4 }],
  ['CronJob', { spec: {} }, undefined],
] as const)('the ready pods of a %s such as %o are counted', (kind, workload, pods) => {
  expect(readyPods({ kind, ...workload } as unknown as Workload)).toEqual(pods);
});
