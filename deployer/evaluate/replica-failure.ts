import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod, Workload } from '../../kube/kube.ts';
import { eventTime } from '../pods/events.ts';
import type { Problem } from '../pods/pod-problems.ts';
import { replicaFailureMessage } from '../status/deployment-status.ts';

interface Seen {
  readonly pods: readonly V1Pod[];
  readonly events: readonly KubeEvent[];
}

/**
 * The pods of the new version cannot be made: quota, admission, a missing service account. Pods that are ending may free
 * the quota, so it is final only without them.
 */
export function replicaFailures(workload: Workload, { pods, events }: Seen): Problem[] {
  const failure =
    workload.kind === 'Deployment' ? replicaFailureMessage(workload) : failedCreate(workload, pods, events);
  if (failure === undefined || pods.some((pod) => pod.metadata?.deletionTimestamp)) return [];
  const message = `Kubernetes cannot create the new pods: ${plain(failure, 500)}`;
  return [{ key: 'refused', reason: 'RolloutRefused', message, graceMs: 5000 }];
}

/**
 * A StatefulSet and a DaemonSet have no condition for it, only an event about themselves. An event from before the
 * patch, or from before the newest pod was made, is of the past.
 */
function failedCreate(workload: Workload, pods: readonly V1Pod[], events: readonly KubeEvent[]): string | undefined {
  const made = pods.map(({ metadata }) => time(metadata?.creationTimestamp));
  const from = Math.max(patchedAt(workload), ...made);
  const about = events.filter(
    (event) => event.reason === 'FailedCreate' && event.involvedObject.uid === workload.metadata?.uid,
  );
  return about.filter((event) => eventTime(event) > from).at(-1)?.message;
}

/** When Gitkube changed it last, by the clock of the API server, to the second. */
function patchedAt({ metadata }: Workload): number {
  const ours = metadata?.managedFields?.filter(({ manager }) => manager === 'gitkube') ?? [];
  return Math.max(0, ...ours.map((entry) => time(entry.time)));
}

/** A typed call has Dates where a watch may have strings. */
function time(at: Date | string | undefined): number {
  return at === undefined ? 0 : new Date(at).getTime();
}
