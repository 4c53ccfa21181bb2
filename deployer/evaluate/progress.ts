import type { KubeEvent, Workload } from '../../kube/kube.ts';
import { podWaitsFor } from '../pods/pod-state.ts';
import { findUnreadyPod, podIsReady, podName } from '../pods/pods.ts';
import { minReadySeconds } from '../workload/workload.ts';
import { desiredPods, type NewVersion } from './new-version.ts';

export interface Progress {
  readonly workload: Workload;
  /** Undefined: not made yet. */
  readonly version: NewVersion | undefined;
  /** What the workload itself waits for. */
  readonly why: string;
  /** Warnings about the pods, and all that was said of the one that is looked at closely. */
  readonly events: readonly KubeEvent[];
}

/** What a rollout is waiting for, in a line: `1 of 3 new pods ready, waiting for www-abc: container app is starting`. */
export function progressLine({ workload, version, why, events }: Progress): string {
  const desired = desiredPods(workload);
  const { pods = [], available = 0 } = version ?? {};
  const ready = pods.filter(podIsReady).length;
  const counted = `${Math.min(ready, desired)} of ${desired} new ${desired === 1 ? 'pod' : 'pods'} ready`;
  const unreadyPod = findUnreadyPod(pods);
  if (!version || (!unreadyPod && ready < desired)) return `${counted}, waiting for ${why}`;
  if (unreadyPod && (ready < desired || podIsReady(unreadyPod)))
    return `${counted}, waiting for ${podName(unreadyPod)}: ${podWaitsFor(unreadyPod, events)}`;
  const seconds = minReadySeconds(workload);
  if (seconds > 0 && available < desired) return `${counted}, each for ${seconds} s (minReadySeconds)`;
  return `${counted}, waiting for ${why}`;
}
