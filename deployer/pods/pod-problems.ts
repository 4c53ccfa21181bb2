import { again } from '../../base/again.ts';
import type { Reason } from '../../base/errors.ts';
import type { V1Pod } from '../../kube/kube.ts';
import { exitMessage } from './exit-message.ts';
import {
  containerStates,
  imageName,
  imageOf,
  podName,
  type Restarts,
  type RunningContainer,
  restartKey,
} from './pods.ts';
import { pullCause, pullFailure } from './pull-cause.ts';
import { withoutRuntime } from './runtime-words.ts';

/** Something that keeps a rollout from ending well. */
export interface Problem {
  /** The same problem has the same key the next time it is seen. */
  readonly key: string;
  readonly reason: Reason;
  /** About the new version, without the name of its Deployment. */
  readonly message: string;
  readonly hint?: readonly string[];
  /** How long it may last before it ends the rollout; 0: not at all. */
  readonly graceMs: number;
  /** Where the evidence is: the events of the pod, the log of the container. */
  readonly pod?: V1Pod;
  readonly container?: string;
  /** The container that it is about, where it was never started and has no log. */
  readonly unstarted?: string;
  /** The container ended: what its last run printed says more than what the one under way does. */
  readonly ended?: boolean;
  /** The words that `message` is made of, where it has others. */
  readonly raw?: string;
  /** Under which condition more time would help: `it only needs more time`. */
  readonly moreTimeIf?: string;
}

/** Of everything that may only be slow: the hints of several workloads are one. */
export const itIsSlow = 'it only needs more time';

/** The kubelet tries a failed pull again after 10 s: a registry, or a runtime, that hiccups once has answered by then. */
const hiccupGraceMs = 15_000;

const pullReasons = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'SignatureValidationFailed',
];
const configReasons = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'ImageInspectError'];
const definite =
  /not found|manifest unknown|does not exist|unauthorized|denied|forbidden|no basic auth|no match for platform/i;
const missing = /not found|manifest unknown|does not exist/i;
const passing =
  /timeout|timed out|deadline exceeded|refused|reset|EOF|too many requests|\b(?:429|50[0234])\b|unavailable|no such host|canceled|is reserved for/i;

/**
 * What the new pods suffer from that waiting does not heal. The rule for crashes: one is forgiven, because a program that
 * starts before its database exits once and is fine; the second end of the same container fails, and so does a
 * CrashLoopBackOff. The kubelet restarts at once the first time, so that is a matter of seconds.
 */
export function podProblems(pods: readonly V1Pod[], before: Restarts): Problem[] {
  return pods.flatMap((pod) =>
    containerStates(pod).flatMap((container) => {
      const problem = pullProblem(pod, container) ?? configProblem(pod, container) ?? crash(pod, container, before);
      return problem ? [problem] : [];
    }),
  );
}

function pullProblem(pod: V1Pod, { status, label }: RunningContainer): Problem | undefined {
  const waiting = status.state?.waiting;
  if (!waiting?.reason || !pullReasons.includes(waiting.reason)) return undefined;
  const words = pullCause(waiting.message ?? '');
  const { cause, registry, raw } = pullFailure(waiting.message ?? '', imageOf(pod, status.name));
  const image = imageName(pod, status.name);
  const named = cause.includes(image) ? '' : ` (${image})`;
  const mayPass = !definite.test(words) && passing.test(words);
  // ErrImagePull without a known cause: the back-off that follows in a second decides.
  const undecided = waiting.reason === 'ErrImagePull' && !definite.test(words);
  return {
    key: `pull ${restartKey(pod, status.name)}`,
    reason: 'ImagePullFailed',
    message: `the node cannot pull the image of ${label} in pod ${podName(pod)}: ${cause || waiting.reason}${named}`,
    hint: [pullHint(registry, cause, `${image}, or correct the image of ${label} in the pod template`)],
    ...(raw !== undefined && { raw }),
    graceMs: mayPass || undecided ? hiccupGraceMs : 0,
    pod,
  };
}

/**
 * @param registry that does not do its work
 * @param image and where it is named
 */
function pullHint(registry: string | undefined, cause: string, image: string): string {
  if (registry !== undefined) {
    return `check the log of registry ${registry}, or of the proxy in front of it, and ${again} when it answers: nothing is built a second time`;
  }
  if (missing.test(cause)) return `push ${image}`;
  return 'check that the nodes reach the registry, and that imagePullSecrets of the pod template name its credentials';
}

function configProblem(pod: V1Pod, { status, label }: RunningContainer): Problem | undefined {
  const waiting = status.state?.waiting;
  const startError = [status.state?.terminated, status.lastState?.terminated].find(
    (one) => one?.reason === 'StartError' || one?.reason === 'ContainerCannotRun',
  );
  const refused = waiting?.reason && configReasons.includes(waiting.reason);
  if (!refused && !(startError && !status.state?.running)) return undefined;
  const words = (refused ? waiting?.message : undefined) ?? startError?.message ?? waiting?.reason ?? '';
  return {
    key: `config ${restartKey(pod, status.name)}`,
    reason: 'ContainerConfigError',
    message: `${label} in pod ${podName(pod)} cannot be started: ${withoutRuntime(words)}`,
    // A runtime or a cache of the kubelet that is slow, on a node that has much to do.
    graceMs: refused && !definite.test(words) && passing.test(words) ? hiccupGraceMs : 0,
    pod,
    unstarted: status.name,
  };
}

function crash(pod: V1Pod, container: RunningContainer, before: Restarts): Problem | undefined {
  const { status, label, runsToEnd } = container;
  const { state } = status;
  if (runsToEnd && state?.terminated?.exitCode === 0) return undefined;
  const looping = state?.waiting?.reason === 'CrashLoopBackOff';
  if (!looping && ends(container) - (before.get(restartKey(pod, status.name)) ?? 0) < 2) return undefined;
  return {
    key: `crash ${restartKey(pod, status.name)}`,
    reason: 'ContainerCrashed',
    message: `${label} in pod ${podName(pod)} ${exitMessage(lastEnd(container))}`,
    graceMs: 0,
    pod,
    container: status.name,
    ended: true,
  };
}

/**
 * That the kernel killed a container for its memory comes to the kubelet apart from its end, and may come later: the end
 * before this one says it already.
 */
function lastEnd({ status: { state, lastState } }: RunningContainer) {
  const [last, before] = [state?.terminated ?? lastState?.terminated, lastState?.terminated];
  return last?.exitCode === 137 && before?.reason === 'OOMKilled' ? before : last;
}

/** How often a container has ended: once per restart, and once more when it is down now. */
function ends({ status }: RunningContainer): number {
  const down = !status.state?.running && Boolean(status.state?.terminated ?? status.lastState?.terminated);
  return status.restartCount + (down ? 1 : 0);
}
