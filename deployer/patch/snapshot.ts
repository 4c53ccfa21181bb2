import type { Workload } from '../../kube/kube.ts';
import { observedStatus } from '../status/workload-status.ts';
import type { WorkloadSnapshot } from '../types.ts';
import { containersOf } from '../workload/containers.ts';
import { currentAnnotations } from './annotations.ts';
import { restartedAt } from './restart.ts';

/**
 * What a workload is now, as far as Gitkube will change it: the images of these containers, and its annotations.
 * @param restart what its template will say about the restart of its pods; undefined: none
 */
export function takeSnapshot(
  namespace: string,
  workload: Workload,
  containers: readonly string[],
  restart?: string,
): WorkloadSnapshot {
  const found = containersOf(workload);
  return {
    kind: workload.kind,
    namespace,
    name: workload.metadata?.name ?? '',
    uid: workload.metadata?.uid ?? '',
    images: Object.fromEntries(containers.map((name) => [name, found.get(name)?.image ?? ''])),
    annotations: currentAnnotations(workload),
    wasReady: isReady(workload),
    ...(restart !== undefined && { restart: { before: restartedAt(workload), ours: restart } }),
  };
}

/**
 * By what Kubernetes has said last: a change that it has not taken up yet, somebody else's of a moment ago, makes no pod
 * unready. Of a new workload it has said nothing.
 */
function isReady(workload: Workload): boolean {
  const known = workload.kind === 'CronJob' || (workload.status?.observedGeneration ?? 0) > 0;
  return known && observedStatus(workload, { generation: 0 }).kind === 'complete';
}
