import type { Workload } from '../kube/kube.ts';
import { currentAnnotations } from './annotations.ts';
import { containersOf } from './containers.ts';
import type { WorkloadSnapshot } from './types.ts';
import { workloadStatus } from './workload-status.ts';

/** What a workload is now, as far as Gitkube will change it: the images of these containers, and its annotations. */
export function takeSnapshot(namespace: string, workload: Workload, containers: readonly string[]): WorkloadSnapshot {
  const found = containersOf(workload);
  return {
    kind: workload.kind,
    namespace,
    name: workload.metadata?.name ?? '',
    uid: workload.metadata?.uid ?? '',
    images: Object.fromEntries(containers.map((name) => [name, found.get(name)?.image ?? ''])),
    annotations: currentAnnotations(workload),
    wasReady: workloadStatus(workload, { generation: 0 }).kind === 'complete',
  };
}
