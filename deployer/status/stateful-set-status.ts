import { count } from '../../base/text.ts';
import type { V1StatefulSet } from '../../kube/kube.ts';
import { type RolloutStatus, waiting } from './rollout-status.ts';

/**
 * How far the rollout of a StatefulSet is, by the rule of kstatus (`stsConditions`). One thing is added: pods with
 * minReadySeconds have to be available, not only ready, since the controller itself goes on only then.
 *
 * kstatus compares currentRevision with updateRevision when no partition is set; the API server always sets one (0 is
 * the default), and then all pods at or above it being updated is the whole rule.
 */
export function statefulSetStatus({ spec, status }: V1StatefulSet): RolloutStatus {
  if (rollsByHand(spec)) return { kind: 'complete' };
  const desired = spec?.replicas ?? 1;
  const { replicas = 0, readyReplicas = 0, availableReplicas = readyReplicas, updatedReplicas = 0 } = status ?? {};
  if (desired > replicas) return waiting('its pods to be created');
  if (desired > readyReplicas) return waiting('its pods to be ready');
  if (replicas > desired) return waiting(`${count(replicas - desired, 'pod')} to end`);
  if (updatedReplicas < desired - partitionOf(spec)) return waiting('its pods to be replaced');
  return desired > availableReplicas ? waiting('its pods to be available') : { kind: 'complete' };
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#on-delete */
export function rollsByHand(spec: V1StatefulSet['spec']): boolean {
  return spec?.updateStrategy?.type === 'OnDelete';
}

/**
 * How many pods, from the first on, keep the version they have.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions
 */
export function partitionOf(spec: V1StatefulSet['spec']): number {
  return Math.min(spec?.updateStrategy?.rollingUpdate?.partition ?? 0, spec?.replicas ?? 1);
}

/** The ordinal of the first pod that a rollout replaces; those before it are below the partition. */
export function firstUpdated(spec: V1StatefulSet['spec']): number {
  return (spec?.ordinals?.start ?? 0) + partitionOf(spec);
}
