import { expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { hasOtherPods } from './other-pods.ts';

const workload = (kind: string, status: object, spec: object = {}) =>
  ({ kind, metadata: { generation: 2 }, spec, status: { observedGeneration: 2, ...status } }) as Workload;

it.each([
  ['Deployment', { replicas: 3, updatedReplicas: 1 }, {}, true],
  ['Deployment', { replicas: 3, updatedReplicas: 3 }, {}, false],
  ['Deployment', { replicas: 3, updatedReplicas: 3, observedGeneration: 1 }, {}, true],
  ['StatefulSet', { replicas: 3, updatedReplicas: 1 }, {}, true],
  [
    'StatefulSet',
    { replicas: 3, updatedReplicas: 1 },
    { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    false,
  ],
  ['StatefulSet', { replicas: 3, updatedReplicas: 1 }, { updateStrategy: { type: 'OnDelete' } }, false],
  ['DaemonSet', { currentNumberScheduled: 3, updatedNumberScheduled: 2 }, {}, true],
  ['DaemonSet', { currentNumberScheduled: 3, updatedNumberScheduled: 3 }, {}, false],
])('a %s with %j and %j may have pods of another version: %s', (kind, status, spec, expected) => {
  expect(hasOtherPods(workload(kind, status, spec))).toBe(expected);
});
