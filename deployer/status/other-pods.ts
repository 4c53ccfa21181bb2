import type { Workload } from '../../kube/kube.ts';
import { partitionOf } from './stateful-set-status.ts';
import { isObserved, sinceOf } from './workload-status.ts';

/** Whether pods of another version than that of the template may run, which the rollout under way is to replace. */
export function hasOtherPods(workload: Workload): boolean {
  return !isObserved(workload, sinceOf(workload)) || others(workload) > 0;
}

function others(workload: Workload): number {
  if (workload.kind === 'Deployment') {
    const { replicas = 0, updatedReplicas = 0 } = workload.status ?? {};
    return replicas - updatedReplicas;
  }
  // Nothing replaces those.
  if (workload.kind === 'CronJob' || workload.spec?.updateStrategy?.type === 'OnDelete') return 0;
  if (workload.kind === 'StatefulSet') {
    const { replicas = 0, updatedReplicas = 0 } = workload.status ?? {};
    return replicas - updatedReplicas - partitionOf(workload.spec);
  }
  const { currentNumberScheduled = 0, updatedNumberScheduled = 0 } = workload.status ?? {};
  return currentNumberScheduled - updatedNumberScheduled;
}
