import { count } from '../../base/text.ts';
import type { V1Deployment } from '../../kube/kube.ts';
import { type RolloutStatus, type Since, waiting } from './rollout-status.ts';

/**
 * How far the rollout of a Deployment is, by the rule of kstatus (`deploymentConditions`). Two things are added: a paused
 * Deployment is named as such, and a ProgressDeadlineExceeded from before the patch does not count, because the
 * controller keeps it over a return to an older ReplicaSet until that makes progress.
 */
export function deploymentStatus(deployment: V1Deployment, since: Since): RolloutStatus {
  const { spec, status } = deployment;
  const mark = deadlineMark(deployment);
  if (mark !== undefined && mark !== since.deadlineMark) {
    return { kind: 'deadline', message: condition(deployment, 'Progressing')?.message ?? '' };
  }
  const desired = spec?.replicas ?? 1;
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  const stopped = spec?.paused && updatedReplicas < Math.max(desired, replicas);
  if (stopped) return { kind: 'paused' };
  if (desired > replicas || desired > updatedReplicas) return waiting('its pods to be created');
  if (replicas > desired) return waiting(`${count(replicas - desired, 'old pod')} to end`);
  if (updatedReplicas > availableReplicas || desired > readyReplicas) return waiting('its pods to be ready');
  return settledConditions(deployment) ? { kind: 'complete' } : waiting('Kubernetes to call it available');
}

// A Deployment without a deadline (the largest int32) has no Progressing condition; a paused one says DeploymentPaused.
function settledConditions(deployment: V1Deployment): boolean {
  const progressing = condition(deployment, 'Progressing');
  const deadline = deployment.spec?.progressDeadlineSeconds ?? 2 ** 31 - 1;
  const progressed =
    deadline === 2 ** 31 - 1 || deployment.spec?.paused || progressing?.reason === 'NewReplicaSetAvailable';
  return Boolean(progressed) && condition(deployment, 'Available')?.status === 'True';
}

/** Identifies the ProgressDeadlineExceeded that a Deployment shows; undefined: it shows none. */
export function deadlineMark(deployment: V1Deployment): string | undefined {
  const progressing = condition(deployment, 'Progressing');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  // A Date from a typed call, a string from a watch.
  return `at ${Date.parse(String(progressing.lastUpdateTime ?? 0))}`;
}

/** Quota, admission or a missing service account keep the ReplicaSet from making pods: the API server's own words. */
export function replicaFailureMessage(deployment: V1Deployment): string | undefined {
  const failure = condition(deployment, 'ReplicaFailure');
  return failure?.status === 'True' ? (failure.message ?? failure.reason ?? 'ReplicaFailure') : undefined;
}

function condition(deployment: V1Deployment, type: string) {
  return deployment.status?.conditions?.find((one) => one.type === type);
}
