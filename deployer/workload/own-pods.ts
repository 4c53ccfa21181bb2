import type { V1Pod, Workload } from '../../kube/kube.ts';
import { podSelector } from './selector.ts';

/** Which pods are those of a workload. */
export interface OwnPods {
  /** For the query. */
  readonly labelSelector: string;
  /** A selector may match pods of others: those are not its own. */
  readonly isOwn: (pod: V1Pod) => boolean;
}

/** Of a CronJob: the pods of its jobs. */
export function ownPods(workload: Workload): OwnPods {
  const { name = '', uid } = workload.metadata ?? {};
  const ownerOf = (pod: V1Pod) => pod.metadata?.ownerReferences?.find(({ controller }) => controller);
  const isMadeBy = (kind: string) => (pod: V1Pod) => {
    const owner = ownerOf(pod);
    // `web` makes `web-5d9c7b`, and `web-admin` is another one's.
    return (
      owner?.kind === kind && owner.name.startsWith(`${name}-`) && !owner.name.slice(name.length + 1).includes('-')
    );
  };
  switch (workload.kind) {
    case 'Deployment':
      return { labelSelector: podSelector(workload), isOwn: isMadeBy('ReplicaSet') };
    case 'CronJob':
      return { labelSelector: 'job-name', isOwn: isMadeBy('Job') };
    default:
      return { labelSelector: podSelector(workload), isOwn: (pod) => ownerOf(pod)?.uid === uid };
  }
}
