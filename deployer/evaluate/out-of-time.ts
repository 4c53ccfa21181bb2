import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { isBeingMade, pullTookTooLong, pullUnderWay } from '../pods/not-started.ts';
import { itIsSlow, type Problem } from '../pods/pod-problems.ts';
import { containerStates, isDone, podName, type RunningContainer, whyUnschedulable } from '../pods/pods.ts';
import { type ProbeFailure, probeFailure } from '../pods/probe-failure.ts';

/**
 * The problem of a rollout whose time is over.
 * @param unreadyPod the first new pod that is not ready
 * @param limit what ended it, in words
 * @param what did not happen
 */
export function outOfTime(
  line: string,
  unreadyPod: V1Pod | undefined,
  events: readonly KubeEvent[],
  limit: string,
  what = 'not rolled out',
): Problem {
  const message = `${what} within ${limit}: ${line}`;
  const problem = { key: 'time', reason: 'RolloutTimeout' as const, message, graceMs: 0 };
  if (!unreadyPod) return { ...problem, moreTimeIf: itIsSlow };
  const unschedulable = whyUnschedulable(unreadyPod);
  if (unschedulable !== undefined) return noNode(unreadyPod, unschedulable);
  const pulling = pullUnderWay(unreadyPod, events);
  if (pulling) return pullTookTooLong(unreadyPod, pulling, `${what} within ${limit}`);
  if (isBeingMade(unreadyPod)) return { ...problem, hint: [lookAtNode(unreadyPod)], pod: unreadyPod };
  const container = holdingUp(unreadyPod);
  if (!container) return { ...problem, pod: unreadyPod, moreTimeIf: itIsSlow };
  const stuck = whyStuck(unreadyPod, container, events);
  const found = { ...problem, pod: unreadyPod, container: container.status.name };
  const slow = { ...found, moreTimeIf: itIsSlow };
  if (!stuck) return slow;
  const [counted] = /^\d+ of (?!1 )\d+ new pods ready/.exec(line) ?? [];
  const why = `${counted ? `${counted}; ` : ''}${container.label} in pod ${podName(unreadyPod)}${stuck.words}`;
  return { ...(stuck.isFinal ? found : slow), message: `${what} within ${limit}: ${why}` };
}

/** Its own deadline ended it, so a longer timeout of the Remote is no help. */
export function overDeadline({ moreTimeIf, ...problem }: Problem): Problem {
  if (moreTimeIf === undefined) return problem;
  return {
    ...problem,
    hint: [...(problem.hint ?? []), `set a larger progressDeadlineSeconds in the Deployment if ${moreTimeIf}`],
  };
}

/** What a container that runs waits for; undefined: it does not run. */
function whyStuck(
  pod: V1Pod,
  container: RunningContainer,
  events: readonly KubeEvent[],
): Pick<ProbeFailure, 'words' | 'isFinal'> | undefined {
  if (!container.status.state?.running) return undefined;
  if (container.runsToEnd) return { words: ' is still running' };
  const failure = probeFailure(pod, container, events);
  return failure && { ...failure, words: `: ${failure.words}` };
}

/** The container whose log says most: an init container that runs, one that is not ready, or one that is started again. */
function holdingUp(pod: V1Pod): RunningContainer | undefined {
  const open = containerStates(pod).filter((one) => !isDone(one));
  const started = ({ status: { state, lastState } }: RunningContainer) =>
    Boolean(state?.running ?? state?.terminated ?? lastState?.terminated);
  return open.find(started) ?? open[0];
}

/** The kubelet sets the condition when volumes are mounted and the network of the pod is set up (Kubernetes 1.29). */
function lookAtNode(pod: V1Pod): string {
  const node = pod.spec?.nodeName ?? '';
  const started = pod.status?.conditions?.find(({ type }) => type === 'PodReadyToStartContainers')?.status;
  const what =
    started === 'False'
      ? `has not mounted the volumes of pod ${podName(pod)}, or not set up its network`
      : `has not started pod ${podName(pod)}`;
  return `to see why the node ${what}, type: kubectl describe node ${node}`;
}

function noNode(pod: V1Pod, why: string): Problem {
  const message = `pod ${podName(pod)} cannot be scheduled: ${plain(why, 500)}`;
  return { key: 'unschedulable', reason: 'PodUnschedulable', message, graceMs: 0, pod };
}
