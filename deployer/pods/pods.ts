import type { V1Pod } from '../../kube/kube.ts';

export type ContainerStatus = NonNullable<NonNullable<V1Pod['status']>['containerStatuses']>[number];

/** By name, without those that are terminating, which say nothing about the new version. */
export function livePods(pods: readonly V1Pod[]): V1Pod[] {
  return pods
    .filter((pod) => !pod.metadata?.deletionTimestamp && pod.status?.phase !== 'Failed')
    .sort((a, b) => podName(a).localeCompare(podName(b)));
}

export function podName(pod: V1Pod): string {
  return pod.metadata?.name ?? '';
}

export function podIsReady(pod: V1Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** The first pod that keeps a rollout from ending: not ready, or ready with a sidecar that is down. */
export function findUnreadyPod(pods: readonly V1Pod[]): V1Pod | undefined {
  return pods.find((pod) => !podIsReady(pod)) ?? pods.find((pod) => containerStates(pod).some(isDown));
}

/** Why the scheduler finds no node for a pod; undefined: it has one, or was not looked at yet. */
export function whyUnschedulable(pod: V1Pod): string | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  // What preemption would not help with is of no use to anybody.
  const words = scheduled.message?.replace(/[,.]? *(?:no new claims to deallocate, *)?preemption: .*$/s, '');
  return words ?? scheduled.reason ?? 'it cannot be scheduled';
}

export interface RunningContainer {
  readonly status: ContainerStatus;
  /** An init container that ends before the others start; a sidecar (restartPolicy Always) is none. */
  readonly runsToEnd: boolean;
  /** `init container migrate`, `sidecar mesh`, `container app`. */
  readonly label: string;
  /** It says itself when it is ready, by a readiness or startup probe. */
  readonly probed: boolean;
}

/** What the kubelet says about each container of a pod, init containers first. */
export function containerStates(pod: V1Pod): RunningContainer[] {
  const inits = (pod.status?.initContainerStatuses ?? []).map((status): RunningContainer => {
    const spec = pod.spec?.initContainers?.find(({ name }) => name === status.name);
    const runsToEnd = spec?.restartPolicy !== 'Always';
    const label = `${runsToEnd ? 'init container' : 'sidecar'} ${status.name}`;
    return { status, runsToEnd, label, probed: Boolean(spec?.readinessProbe) };
  });
  const others = (pod.status?.containerStatuses ?? []).map((status): RunningContainer => {
    const spec = pod.spec?.containers.find(({ name }) => name === status.name);
    const probed = Boolean(spec?.readinessProbe ?? spec?.startupProbe);
    return { status, runsToEnd: false, label: `container ${status.name}`, probed };
  });
  return [...inits, ...others];
}

/** It is to run on, and does not. To Kubernetes a pod may be ready with a sidecar that is down. */
export function isDown({ status: { state }, runsToEnd }: RunningContainer): boolean {
  return !runsToEnd && Boolean(state?.terminated ?? state?.waiting);
}

/** It has done what its pod waits for. */
export function isDone(container: RunningContainer): boolean {
  const { status, runsToEnd } = container;
  return runsToEnd ? status.state?.terminated?.exitCode === 0 : status.ready && !isDown(container);
}

/** How often each container had been restarted, by `pod uid/container`: crashes from before a rollout do not count. */
export type Restarts = ReadonlyMap<string, number>;

export function restartsOf(pods: Iterable<V1Pod>): Restarts {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    for (const { status } of containerStates(pod)) counts.set(restartKey(pod, status.name), status.restartCount);
  }
  return counts;
}

export function restartKey(pod: V1Pod, container: string): string {
  return `${pod.metadata?.uid}/${container}`;
}

export function imageOf(pod: V1Pod, container: string): string {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers].find(({ name }) => name === container)?.image ?? '';
}

/** Without the digest, which says nothing to people. */
export function imageName(pod: V1Pod, container: string): string {
  return imageOf(pod, container).split('@')[0] ?? '';
}
