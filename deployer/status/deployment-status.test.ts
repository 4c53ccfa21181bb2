import { describe, expect, it } from 'vitest';
import { available, type DeploymentOptions, makeDeployment, progressing } from '../testing/objects.ts';
import { deadlineMark, replicaFailureMessage } from './deployment-status.ts';
import { workloadStatus } from './workload-status.ts';

const cases: [string, DeploymentOptions, string][] = [
  ['rolled out', {}, 'complete'],
  ['spec newer than status', { generation: 2, status: { observedGeneration: 1 } }, 'Kubernetes to observe the change'],
  ['no pod made yet', { status: { replicas: 0, updatedReplicas: 0 } }, 'its pods to be created'],
  ['old pods only', { spec: { replicas: 2 }, status: { replicas: 2, updatedReplicas: 1 } }, 'its pods to be created'],
  ['one old pod left', { status: { replicas: 2 } }, '1 old pod to end'],
  ['two old pods left', { status: { replicas: 3 } }, '2 old pods to end'],
  ['new pod not available', { status: { availableReplicas: 0 } }, 'its pods to be ready'],
  ['new pod not ready', { status: { readyReplicas: 0, availableReplicas: 1 } }, 'its pods to be ready'],
  [
    'not Available',
    { conditions: [progressing('NewReplicaSetAvailable'), available('False')] },
    'Kubernetes to call it available',
  ],
  [
    'still progressing',
    { conditions: [progressing('ReplicaSetUpdated'), available()] },
    'Kubernetes to call it available',
  ],
  ['no deadline', { spec: { progressDeadlineSeconds: 2147483647 }, conditions: [available()] }, 'complete'],
  [
    'scaled to nothing',
    { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 } },
    'complete',
  ],
  ['paused before the change', { spec: { paused: true }, status: { updatedReplicas: 0 } }, 'paused'],
  [
    'paused in the middle',
    { spec: { paused: true, replicas: 3 }, status: { replicas: 4, updatedReplicas: 1 } },
    'paused',
  ],
  [
    'paused after it was rolled out',
    { spec: { paused: true }, conditions: [progressing('DeploymentPaused'), available()] },
    'complete',
  ],
  [
    'over its deadline',
    { status: { availableReplicas: 0 }, conditions: [progressing('ProgressDeadlineExceeded')] },
    'deadline',
  ],
];

describe('the rollout status of a Deployment', () => {
  it.each(cases)('is that of kstatus for: %s', (_, options, expected) => {
    const status = workloadStatus(makeDeployment(options), { generation: 1 });
    expect(status.kind === 'waiting' ? status.why : status.kind).toBe(expected);
  });

  it('does not believe a complete status from before the patch', () => {
    expect(workloadStatus(makeDeployment({ generation: 4 }), { generation: 5 }).kind).toBe('waiting');
  });

  it('does not take an exceeded deadline from before the patch for one of this rollout', () => {
    const before = makeDeployment({ conditions: [progressing('ProgressDeadlineExceeded')] });
    const mark = deadlineMark(before) ?? '';
    const options = { status: { availableReplicas: 0 } };
    const still = makeDeployment({ ...options, conditions: [progressing('ProgressDeadlineExceeded')] });
    expect(workloadStatus(still, { generation: 1, deadlineMark: mark }).kind).toBe('waiting');
    const again = makeDeployment({
      ...options,
      conditions: [progressing('ProgressDeadlineExceeded', '2026-01-01T00:10:00Z')],
    });
    expect(workloadStatus(again, { generation: 1, deadlineMark: mark }).kind).toBe('deadline');
  });

  it('treats a time as Date and as text alike', () => {
    const text = progressing('ProgressDeadlineExceeded');
    const date = { ...text, lastUpdateTime: new Date(text.lastUpdateTime) };
    expect(deadlineMark(makeDeployment({ conditions: [date] }))).toBe(
      deadlineMark(makeDeployment({ conditions: [text] })),
    );
  });

  it('says why the ReplicaSet cannot create pods', () => {
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' };
    expect(replicaFailureMessage(makeDeployment({ conditions: [failure] }))).toBe('exceeded quota');
    expect(replicaFailureMessage(makeDeployment({ conditions: [{ ...failure, status: 'False' }] }))).toBeUndefined();
  });
});
