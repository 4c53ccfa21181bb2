import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { eventTime } from './events.ts';
import { itIsSlow, type Problem } from './pod-problems.ts';
import { containerStates, imageName, imageOf, isDone, podName, type RunningContainer } from './pods.ts';
import { registryOf } from './pull-cause.ts';

/** The kubelet tries a mount again after 0.5 s, 1 s, 2 s and so on: what comes within 15 s is mounted by then. */
const mountGraceMs = 20_000;

/** What a volume names does not exist. Storage that is slow says other words, and may come yet. */
const definite =
  /(?:configmap|secret|persistentvolumeclaim) "[^"]*" not found|references non-existent \w+ key|type check failed/i;

const afterPull = ['Pulled', 'Failed', 'BackOff', 'Created', 'Started'];

/**
 * The first container of a pod whose image the node is pulling. The status of a container says the same as long as it is
 * being made, whatever the kubelet does for it, and a registry that takes the connection and never answers is no error
 * to the kubelet: only the event `Pulling` shows it.
 */
export function pullUnderWay(pod: V1Pod, events: readonly KubeEvent[]): RunningContainer | undefined {
  const about = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid);
  return containerStates(pod).find(({ status }) => {
    if (!status.state?.waiting) return false;
    const own = about.filter(({ involvedObject }) => involvedObject.fieldPath?.endsWith(`{${status.name}}`));
    const last = (reasons: readonly string[]) =>
      Math.max(0, ...own.filter(({ reason = '' }) => reasons.includes(reason)).map(eventTime));
    return last(['Pulling']) > last(afterPull);
  });
}

/** `the node pulls the image of container web (registry.example.com/shop/web)` */
export function pullWords(pod: V1Pod, { label, status }: RunningContainer): string {
  return `node ${pod.spec?.nodeName} pulls the image of ${label} (${imageName(pod, status.name)})`;
}

/**
 * The problem of a rollout whose time is over while a node pulls.
 * @param late `not rolled out within 60 s`
 */
export function pullTookTooLong(pod: V1Pod, container: RunningContainer, late: string): Problem {
  const image = imageOf(pod, container.status.name);
  const message = `${late}: ${pullWords(pod, container)} for pod ${podName(pod)} and is not done`;
  return {
    key: 'time',
    reason: 'ImagePullFailed',
    message,
    hint: [`check that the registry ${registryOf(image)} answers, on node ${pod.spec?.nodeName}: crictl pull ${image}`],
    graceMs: 0,
    pod,
    moreTimeIf: itIsSlow,
  };
}

/** Volumes that the kubelet cannot mount, because what they name does not exist. */
export function mountProblems(pods: readonly V1Pod[], events: readonly KubeEvent[]): Problem[] {
  return pods.flatMap((pod) => {
    const message = mountFailure(pod, events);
    if (message === undefined || !definite.test(message)) return [];
    return [
      {
        key: `mount ${pod.metadata?.uid}`,
        reason: 'ContainerConfigError' as const,
        message: `pod ${podName(pod)} cannot be started: ${plain(message, 500)}`,
        graceMs: mountGraceMs,
        pod,
      },
    ];
  });
}

/** What the kubelet said last of a volume that it cannot mount; undefined: it mounts them, or has done so. */
function mountFailure(pod: V1Pod, events: readonly KubeEvent[]): string | undefined {
  if (!isBeingMade(pod) || containerStates(pod).some(({ status }) => !status.state?.waiting)) return undefined;
  const about = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid);
  // A node pulls after it has mounted.
  const pulled = about.some(({ reason = '' }) => reason === 'Pulling' || reason === 'Pulled');
  const failed = about.filter(({ reason }) => reason === 'FailedMount').sort((a, b) => eventTime(a) - eventTime(b));
  return pulled ? undefined : failed.at(-1)?.message;
}

/** Nothing of what the pod waits for runs: the node prepares volumes, network or image, or does nothing at all. */
export function isBeingMade(pod: V1Pod): boolean {
  const state = containerStates(pod).find((one) => !isDone(one))?.status.state;
  return ['ContainerCreating', 'PodInitializing'].includes(state?.waiting?.reason ?? '');
}
