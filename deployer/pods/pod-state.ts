import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { lastWarning, warningText } from './events.ts';
import { exitMessage } from './exit-message.ts';
import { pullUnderWay, pullWords } from './not-started.ts';
import { podProblems } from './pod-problems.ts';
import { containerStates, imageOf, isDone, podIsReady, type RunningContainer, whyUnschedulable } from './pods.ts';
import { pullFailure } from './pull-cause.ts';

/** What keeps a pod from being ready, in a line; undefined: nothing does. */
export function podTrouble(pod: V1Pod): string | undefined {
  if (podIsReady(pod)) return undefined;
  return podProblems([pod], new Map())[0]?.message ?? podWaitsFor(pod, []);
}

/** What a pod that is not ready waits for, with the last warning that Kubernetes gave about it. */
export function podWaitsFor(pod: V1Pod, events: readonly KubeEvent[]): string {
  const unschedulable = whyUnschedulable(pod);
  if (unschedulable !== undefined) return `it cannot be scheduled: ${plain(unschedulable, 300)}`;
  const warning = lastWarning(pod, events);
  return `${stepOf(pod, events)}${warning ? ` (${warningText(warning, 300)})` : ''}`;
}

function stepOf(pod: V1Pod, events: readonly KubeEvent[]): string {
  const states = containerStates(pod);
  if (states.length === 0) return 'a node is being chosen';
  const pulling = pullUnderWay(pod, events);
  if (pulling) return pullWords(pod, pulling);
  const state = states.find((one) => !isDone(one));
  return state ? containerWaitsFor(pod, state) : `its containers run, ${notReady(pod)}`;
}

/** Readiness gates, which something else than the kubelet opens. */
function notReady(pod: V1Pod): string {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.message ? plain(ready.message, 300) : 'it is not ready yet';
}

function containerWaitsFor(pod: V1Pod, { status, label, runsToEnd }: RunningContainer): string {
  const { state, lastState } = status;
  const ended = state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined);
  if (ended) return `${label} ${exitMessage(ended)} and is restarting`;
  if (state?.running) {
    if (runsToEnd) return `${label} runs`;
    return `${label} is starting, its ${status.started === false ? 'startup' : 'readiness'} probe has not passed yet`;
  }
  const reason = state?.waiting?.reason;
  if (!reason || reason === 'ContainerCreating' || reason === 'PodInitializing') return `${label} is being created`;
  const message = pullFailure(state?.waiting?.message ?? '', imageOf(pod, status.name)).cause;
  return `${label} is not started: ${reason}${message ? `, ${plain(message, 300)}` : ''}`;
}
