import type { KubeEvent, V1Pod, V1ReplicaSet, WorkloadOf } from '../../kube/kube.ts';
import type { ContainerStatus } from '../pods/pods.ts';

/** Kubernetes objects for unit tests, in the states that a real cluster was seen in. */

type Counts = Partial<
  Record<'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas' | 'observedGeneration', number>
>;

export interface DeploymentOptions {
  readonly images?: Readonly<Record<string, string>>;
  readonly initImages?: Readonly<Record<string, string>>;
  readonly annotations?: Record<string, string> | null;
  readonly generation?: number;
  readonly spec?: object;
  readonly status?: Counts;
  readonly conditions?: readonly object[];
}

/** A Deployment of one replica that is rolled out. */
export function makeDeployment(options: DeploymentOptions = {}): WorkloadOf<'Deployment'> {
  const { images = { app: 'old' }, initImages = {}, annotations = {}, generation = 1 } = options;
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }));
  const initContainers = Object.entries(initImages).map(([name, image]) => ({ name, image }));
  const all = { 'deployment.kubernetes.io/revision': '1', ...annotations };
  return {
    kind: 'Deployment',
    metadata: {
      namespace: 'default',
      name: 'www',
      uid: 'uid-www',
      resourceVersion: '7',
      generation,
      ...(annotations && { annotations: all }),
    },
    spec: {
      replicas: 1,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'www' } },
      template: { spec: { containers, ...(initContainers.length > 0 && { initContainers }) } },
      ...options.spec,
    },
    status: {
      observedGeneration: generation,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: options.conditions ?? [progressing('NewReplicaSetAvailable'), available()],
      ...options.status,
    },
  } as unknown as WorkloadOf<'Deployment'>;
}

export function progressing(reason: string, lastUpdateTime = '2026-01-01T00:00:00Z') {
  const status = reason === 'ProgressDeadlineExceeded' ? 'False' : 'True';
  return { type: 'Progressing', status, reason, lastUpdateTime, message: `ReplicaSet "www-1": ${reason}` };
}

export function available(status = 'True') {
  return { type: 'Available', status };
}

export function makeReplicaSet(revision = '1', name = 'www-1'): V1ReplicaSet {
  return {
    metadata: {
      namespace: 'default',
      name,
      uid: `uid-${name}`,
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'www', uid: 'uid-www' }],
    },
    status: { replicas: 1, availableReplicas: 0 },
  } as V1ReplicaSet;
}

export interface PodOptions {
  readonly name?: string;
  readonly set?: string;
  readonly ready?: boolean;
  readonly probe?: boolean;
  readonly deleted?: boolean;
  readonly statuses?: readonly ContainerStatus[];
  readonly initStatuses?: readonly ContainerStatus[];
  readonly conditions?: readonly object[];
}

export function makePod(options: PodOptions = {}): V1Pod {
  const { name = 'www-1-abc', set = 'www-1', ready = false, probe = false, deleted = false } = options;
  const container = { name: 'app', image: 'new', ...(probe && { readinessProbe: {} }) };
  return {
    metadata: {
      namespace: 'default',
      name,
      uid: `uid-${name}`,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set, uid: `uid-${set}` }],
      ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { containers: [container], initContainers: [{ name: 'migrate', image: 'new' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }, ...(options.conditions ?? [])],
      containerStatuses: options.statuses ?? [containerStatus({ state: { running: {} }, ready })],
      ...(options.initStatuses && { initContainerStatuses: options.initStatuses }),
    },
  } as unknown as V1Pod;
}

export function containerStatus(over: object = {}): ContainerStatus {
  return { name: 'app', image: 'new', imageID: '', ready: false, restartCount: 0, ...over } as ContainerStatus;
}

export function waitingFor(reason: string, message?: string) {
  return { waiting: { reason, ...(message !== undefined && { message }) } };
}

export function ended(exitCode: number, over: object = {}) {
  return { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ...over } };
}

/** What the kubelet reports of a container, at a second of the first minute of 2026. */
export function containerEvent(pod: string, reason: string, second: number, container = 'app') {
  const at = `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
  const event = warning(pod, `${reason} image "new"`, reason, at);
  const involvedObject = { ...event.involvedObject, fieldPath: `spec.containers{${container}}` };
  return { ...event, type: 'Normal', involvedObject } as KubeEvent;
}

export function warning(pod: string, message: string, reason = 'Unhealthy', lastTimestamp = '2026-01-01T00:00:00Z') {
  return {
    metadata: { namespace: 'default', name: `${pod}.${reason}.${lastTimestamp}` },
    involvedObject: { kind: 'Pod', uid: `uid-${pod}` },
    reason,
    message,
    type: 'Warning',
    lastTimestamp,
  } as unknown as KubeEvent;
}
