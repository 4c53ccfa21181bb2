import type {
  V1ControllerRevision,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Pod,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { JsonPatch } from './kube.ts';

export type { V1ControllerRevision, V1CronJob, V1DaemonSet, V1Deployment, V1StatefulSet };

export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

export function isWorkloadKind(kind: string): kind is WorkloadKind {
  return (workloadKinds as readonly string[]).includes(kind);
}

/** What a workload of each kind is; lists and watches leave `kind` out of their items, here it always is there. */
interface ObjectOf {
  readonly Deployment: V1Deployment;
  readonly StatefulSet: V1StatefulSet;
  readonly DaemonSet: V1DaemonSet;
  readonly CronJob: V1CronJob;
}

/** Names a workload; names are unique across the kinds of a Remote. */
export interface WorkloadId {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

export type WorkloadOf<K extends WorkloadKind> = { [Kind in K]: ObjectOf[Kind] & { kind: Kind } }[K];
export type Workload = WorkloadOf<WorkloadKind>;

export interface WorkloadCalls {
  getWorkload(kind: WorkloadKind, namespace: string, name: string): Promise<Workload | undefined>;
  /** Those of a namespace, 500 at most. */
  listWorkloads(kind: WorkloadKind, namespace: string): Promise<Workload[]>;
  /** Their names, of a hundred at most. */
  workloadNames(kind: WorkloadKind, namespace: string): Promise<string[]>;
  /**
   * One JSON patch, field manager `gitkube`. Throws `WorkloadChanged` when a `test` op did not hold (422 or 409), and
   * `PatchRefused` with the API server's own words when admission or validation refused it.
   */
  patchWorkload(kind: WorkloadKind, namespace: string, name: string, patch: JsonPatch): Promise<Workload>;
  /**
   * Throws `RolloutRefused` with the API server's own words when quota or admission refused it, `ObjectRefused` when it is
   * invalid.
   */
  createPod(namespace: string, pod: V1Pod): Promise<V1Pod>;
  /**
   * Deletes a pod, by its uid, so that a new one of its name is safe. One that is gone is no error.
   * @param uid undefined: whichever has the name
   */
  deletePod(namespace: string, name: string, uid: string | undefined): Promise<void>;
}

/** As RBAC and API paths write it. */
export const workloadResource = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  CronJob: 'cronjobs',
} as const satisfies Record<WorkloadKind, string>;

/** The path of a collection, for a watch: `/apis/apps/v1/namespaces/www/statefulsets`. */
export function workloadPath(kind: WorkloadKind, namespace: string): string {
  const group = kind === 'CronJob' ? 'batch' : 'apps';
  return `/apis/${group}/v1/namespaces/${namespace}/${workloadResource[kind]}`;
}
