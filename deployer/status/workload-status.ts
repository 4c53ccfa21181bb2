import type { Workload } from '../../kube/kube.ts';
import { daemonSetStatus } from './daemon-set-status.ts';
import { deadlineMark, deploymentStatus } from './deployment-status.ts';
import { type RolloutStatus, type Since, waiting } from './rollout-status.ts';
import { statefulSetStatus } from './stateful-set-status.ts';

/**
 * By the rules of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus/status/core.go and generic.go), each in its order; what is
 * added is commented there. A CronJob rolls nothing out, it is current as soon as it exists.
 */
export function workloadStatus(workload: Workload, since: Since): RolloutStatus {
  if (!isObserved(workload, since)) return waiting('Kubernetes to observe the change');
  return observedStatus(workload, since);
}

/** What Kubernetes has said last, of whichever generation that was. */
export function observedStatus(workload: Workload, since: Since): RolloutStatus {
  if (workload.kind === 'Deployment') return deploymentStatus(workload, since);
  if (workload.kind === 'StatefulSet') return statefulSetStatus(workload);
  if (workload.kind === 'DaemonSet') return daemonSetStatus(workload);
  return { kind: 'complete' };
}

/** The status is of this generation or a later one. A CronJob has no such status. */
export function isObserved(workload: Workload, since: Since): boolean {
  if (workload.kind === 'CronJob') return true;
  const generation = Math.max(workload.metadata?.generation ?? 0, since.generation);
  return (workload.status?.observedGeneration ?? 0) >= generation;
}

/** What has to be known of a workload as it was patched, to distinguish its rollout from an earlier one. */
export function sinceOf(workload: Workload): Since {
  const mark = workload.kind === 'Deployment' ? deadlineMark(workload) : undefined;
  return { generation: workload.metadata?.generation ?? 0, ...(mark !== undefined && { deadlineMark: mark }) };
}
