import type {
  V1ControllerRevision,
  V1DaemonSet,
  V1Deployment,
  V1Pod,
  V1ReplicaSet,
  Workload,
} from '../../kube/kube.ts';
import { livePods, podName } from '../pods/pods.ts';
import { firstUpdated, partitionOf } from '../status/stateful-set-status.ts';

/** A ReplicaSet of a Deployment, or a ControllerRevision of a DaemonSet. */
export type Revision = V1ReplicaSet | V1ControllerRevision;

/** The pods that a rollout has made so far. */
export interface NewVersion {
  /** The live pods of the new template, by name. */
  readonly pods: readonly V1Pod[];
  /** Pods that have been ready for minReadySeconds. */
  readonly available: number;
}

/** What distinguishes the pods of versions of a StatefulSet and a DaemonSet (kubernetes.io/docs, "controller-revision-hash"). */
const hashLabel = 'controller-revision-hash';
const deploymentRevision = 'deployment.kubernetes.io/revision';

/**
 * The new version of a workload whose status is of the patch or later; undefined: Kubernetes has not made it yet. Pods
 * are found by their owner, never by their selector alone, which an old pod matches as well.
 */
export function newVersion(
  workload: Workload,
  revisions: readonly Revision[],
  pods: readonly V1Pod[],
  images: Readonly<Record<string, string>>,
): NewVersion | undefined {
  if (workload.kind === 'Deployment') return ofDeployment(workload, revisions as readonly V1ReplicaSet[], pods);
  if (workload.kind === 'StatefulSet') {
    const { updateRevision, availableReplicas = 0 } = workload.status ?? {};
    if (updateRevision === undefined) return undefined;
    return { pods: livePods(owned(workload, pods).filter(hasHash(updateRevision))), available: availableReplicas };
  }
  if (workload.kind === 'CronJob') return undefined;
  const hash = newestHash(workload, revisions as readonly V1ControllerRevision[], images);
  if (hash === undefined) return undefined;
  const { numberAvailable = 0 } = workload.status ?? {};
  return { pods: livePods(owned(workload, pods).filter(hasHash(hash))), available: numberAvailable };
}

/** How many pods the new version is to have. */
export function desiredPods(workload: Workload): number {
  if (workload.kind === 'Deployment') return workload.spec?.replicas ?? 1;
  if (workload.kind === 'StatefulSet') return (workload.spec?.replicas ?? 1) - partitionOf(workload.spec);
  return workload.kind === 'DaemonSet' ? (workload.status?.desiredNumberScheduled ?? 0) : 0;
}

/**
 * Pods of an older template that a StatefulSet is to replace and that are not ready. It waits for them without end,
 * because it replaces no pod before all of them are ready; the documentation calls for deleting them by hand.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
 */
export function podsInTheWay(workload: Workload, pods: readonly V1Pod[]): V1Pod[] {
  if (workload.kind !== 'StatefulSet' || workload.spec?.updateStrategy?.type === 'OnDelete') return [];
  const { updateRevision } = workload.status ?? {};
  if (updateRevision === undefined) return [];
  const isNew = hasHash(updateRevision);
  return livePods(owned(workload, pods)).filter((pod) => {
    const isReplaced = ordinal(pod) >= firstUpdated(workload.spec);
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return isReplaced && !isNew(pod) && !isReady;
  });
}

function ofDeployment(deployment: V1Deployment, sets: readonly V1ReplicaSet[], pods: readonly V1Pod[]) {
  const set = newReplicaSet(deployment, sets);
  if (!set) return undefined;
  return { pods: livePods(owned(set, pods)), available: set.status?.availableReplicas ?? 0 };
}

/**
 * The ReplicaSet of the current template: owned by the Deployment and of its revision. To be trusted once the
 * Deployment's observedGeneration is that of the patch; the controller writes the revision before it.
 */
function newReplicaSet(deployment: V1Deployment, sets: readonly V1ReplicaSet[]): V1ReplicaSet | undefined {
  const current = deployment.metadata?.annotations?.[deploymentRevision];
  if (current === undefined) return undefined;
  return owned(deployment, sets).find((set) => set.metadata?.annotations?.[deploymentRevision] === current);
}

/**
 * The status of a DaemonSet does not name its revision. It is the newest ControllerRevision; one that is not of our
 * images is still from before the patch: this watch may lag behind that of the DaemonSet.
 */
function newestHash(
  daemonSet: V1DaemonSet,
  revisions: readonly V1ControllerRevision[],
  images: Readonly<Record<string, string>>,
): string | undefined {
  const [newest] = [...owned(daemonSet, revisions)].sort((a, b) => b.revision - a.revision);
  const { containers = [], initContainers = [] } = newest?.data?.spec?.template?.spec ?? {};
  const found = new Map([...containers, ...initContainers].map(({ name, image }) => [name, image]));
  const isOurs = Object.entries(images).every(([name, image]) => found.get(name) === image);
  return isOurs ? newest?.metadata?.labels?.[hashLabel] : undefined;
}

interface Owned {
  readonly metadata?: { readonly uid?: string; readonly ownerReferences?: readonly { readonly uid: string }[] };
}

function owned<T extends Owned>(owner: Owned, objects: readonly T[]): T[] {
  return objects.filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === owner.metadata?.uid));
}

function hasHash(hash: string): (pod: V1Pod) => boolean {
  return (pod) => pod.metadata?.labels?.[hashLabel] === hash;
}

function ordinal(pod: V1Pod): number {
  return Number(/-(\d+)$/.exec(podName(pod))?.[1] ?? -1);
}
