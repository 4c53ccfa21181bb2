import type { V1Pod, Workload } from '../../kube/kube.ts';
import { podSelector } from './selector.ts';

/** Which pods are those of a workload. */
export interface OwnPods {
  /** For the query. */
  readonly labelSelector: string;
  /** A selector may match pods of others: those are not its own. */
  readonly isOwn: (pod: V1Pod) => boolean;
}

/** `web` makes `web-5d9c7bf9d8`, and `web-admin` is another one's. */
const hashOfTemplate = /^[a-z0-9]+$/;
/**
 * `backup` makes `backup-29876543`; a Job `backup-restore` is somebody else's
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/utils.go, getJobName).
 */
const minuteOfSchedule = /^\d+$/;

/** Of a CronJob: the pods of the jobs that its schedule has made. */
export function ownPods(workload: Workload): OwnPods {
  const { name = '', uid } = workload.metadata ?? {};
  const ownerOf = (pod: V1Pod) => pod.metadata?.ownerReferences?.find(({ controller }) => controller);
  const isMadeBy = (kind: string, rest: RegExp) => (pod: V1Pod) => {
    const owner = ownerOf(pod);
    return owner?.kind === kind && owner.name.startsWith(`${name}-`) && rest.test(owner.name.slice(name.length + 1));
  };
  switch (workload.kind) {
    case 'Deployment':
      return { labelSelector: podSelector(workload), isOwn: isMadeBy('ReplicaSet', hashOfTemplate) };
    case 'CronJob':
      return { labelSelector: 'job-name', isOwn: isMadeBy('Job', minuteOfSchedule) };
    default:
      return { labelSelector: podSelector(workload), isOwn: (pod) => ownerOf(pod)?.uid === uid };
  }
}
