import type { KubeEvent, V1ControllerRevision, V1Pod, WorkloadOf } from '../../kube/kube.ts';
import { containerStatus, makePod, type PodOptions } from './objects.ts';

/** StatefulSets, DaemonSets and CronJobs for unit tests, as a real cluster was seen to write them. */

export interface WorkloadTestOptions {
  readonly image?: string;
  readonly spec?: object;
  readonly status?: object;
}

export type StatefulSetOptions = WorkloadTestOptions;

function metadata(name: string) {
  return { namespace: 'default', name, uid: `uid-${name}`, resourceVersion: '7', generation: 2 };
}

function template(app: string, image: string) {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'app', image }] } };
}

/** `db`, of three pods that run revision `db-new`. */
export function makeStatefulSet({ image = 'new', spec, status }: StatefulSetOptions = {}): WorkloadOf<'StatefulSet'> {
  return {
    kind: 'StatefulSet',
    metadata: metadata('db'),
    spec: {
      replicas: 3,
      serviceName: 'db',
      podManagementPolicy: 'OrderedReady',
      selector: { matchLabels: { app: 'db' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      template: template('db', image),
      ...spec,
    },
    status: {
      observedGeneration: 2,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: 'db-old',
      updateRevision: 'db-new',
      collisionCount: 0,
      ...status,
    },
  } as unknown as WorkloadOf<'StatefulSet'>;
}

/** `agent`, on two nodes. */
export function makeDaemonSet({ image = 'new', spec, status }: WorkloadTestOptions = {}): WorkloadOf<'DaemonSet'> {
  return {
    kind: 'DaemonSet',
    metadata: metadata('agent'),
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      template: template('agent', image),
      ...spec,
    },
    status: {
      observedGeneration: 2,
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberAvailable: 2,
      numberReady: 2,
      numberMisscheduled: 0,
      ...status,
    },
  } as unknown as WorkloadOf<'DaemonSet'>;
}

export function makeCronJob({ image = 'new', spec, status }: WorkloadTestOptions = {}): WorkloadOf<'CronJob'> {
  return {
    kind: 'CronJob',
    metadata: metadata('report'),
    spec: {
      schedule: '0 3 * * *',
      suspend: false,
      jobTemplate: { spec: { template: template('report', image) } },
      ...spec,
    },
    status: { ...status },
  } as unknown as WorkloadOf<'CronJob'>;
}

/** The revision that a DaemonSet's controller keeps of a template. */
export function makeControllerRevision(revision: number, hash: string, image: string): V1ControllerRevision {
  return {
    metadata: {
      namespace: 'default',
      name: `agent-${hash}`,
      uid: `uid-agent-${hash}`,
      labels: { app: 'agent', 'controller-revision-hash': hash },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'uid-agent' }],
    },
    revision,
    data: { spec: { template: { $patch: 'replace', ...template('agent', image) } } },
  } as V1ControllerRevision;
}

/** A pod that a StatefulSet or a DaemonSet owns. */
export function makeOwnedPod(owner: string, name: string, hash: string, options: PodOptions = {}): V1Pod {
  const pod = makePod({ name, ...options });
  const kind = owner === 'db' ? 'StatefulSet' : 'DaemonSet';
  const ownerReferences = [{ apiVersion: 'apps/v1', kind, name: owner, uid: `uid-${owner}` }];
  return { ...pod, metadata: { ...pod.metadata, labels: { 'controller-revision-hash': hash }, ownerReferences } };
}

export const crashing = containerStatus({
  restartCount: 2,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 3, reason: 'Error' } },
});

/** What the controller says about the workload itself when the API server lets it make no pod. */
export function failedCreate(owner: string, message: string, lastTimestamp: string): KubeEvent {
  return {
    metadata: { namespace: 'default', name: `${owner}.failed` },
    involvedObject: { kind: owner === 'db' ? 'StatefulSet' : 'DaemonSet', uid: `uid-${owner}` },
    reason: 'FailedCreate',
    type: 'Warning',
    message,
    lastTimestamp,
  } as unknown as KubeEvent;
}
