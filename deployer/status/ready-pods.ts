import type { Workload } from '../../kube/kube.ts';

/** Of the pods that a workload shall have. */
export interface ReadyPods {
  readonly ready: number;
  readonly wanted: number;
}

/** @returns undefined for a CronJob, which has none of its own */
export function readyPods(workload: Workload): ReadyPods | undefined {
  if (workload.kind === 'CronJob') return undefined;
  if (workload.kind === 'DaemonSet') {
    const { numberReady: ready = 0, desiredNumberScheduled: wanted = 0 } = workload.status ?? {};
    return { ready, wanted };
  }
  return { ready: workload.status?.readyReplicas ?? 0, wanted: workload.spec?.replicas ?? 1 };
}
