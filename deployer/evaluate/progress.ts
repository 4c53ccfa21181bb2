import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod, Workload } from '../../kube/kube.ts';
import { lastWarning, warningText } from '../pods/events.ts';
import { exitWords } from '../pods/exit-words.ts';
import { pullUnderWay, pullWords } from '../pods/not-started.ts';
import {
  containerStates,
  imageOf,
  isDone,
  latePod,
  podIsReady,
  podName,
  type RunningContainer,
  whyUnschedulable,
} from '../pods/pods.ts';
import { pullFailure } from '../pods/pull-cause.ts';
import { minReadySeconds } from '../workload/workload.ts';
import { desiredPods, type NewVersion } from './new-version.ts';

export interface Progress {
  readonly workload: Workload;
  /** Undefined: not made yet. */
  readonly version: NewVersion | undefined;
  /** What the workload itself waits for. */
  readonly why: string;
  /** Warnings about the pods, and all that was said of the one that is looked at closely. */
  readonly events: readonly KubeEvent[];
}

/** What a rollout is waiting for, in a line: `1 of 3 new pods ready, waiting for www-abc: container app is starting`. */
export function progressLine({ workload, version, why, events }: Progress): string {
  const desired = desiredPods(workload);
  const { pods = [], available = 0 } = version ?? {};
  const ready = pods.filter(podIsReady).length;
  const counted = `${Math.min(ready, desired)} of ${desired} new ${desired === 1 ? 'pod' : 'pods'} ready`;
  const late = latePod(pods);
  if (!version || (!late && ready < desired)) return `${counted}, waiting for ${why}`;
  if (late && (ready < desired || podIsReady(late)))
    return `${counted}, waiting for ${podName(late)}: ${podWaitsFor(late, events)}`;
  const seconds = minReadySeconds(workload);
  if (seconds > 0 && available < desired) return `${counted}, each for ${seconds} s (minReadySeconds)`;
  return `${counted}, waiting for ${why}`;
}

/** What a pod that is not ready waits for, with the last warning that Kubernetes gave about it. */
export function podWaitsFor(pod: V1Pod, events: readonly KubeEvent[]): string {
  const unschedulable = whyUnschedulable(pod);
  if (unschedulable !== undefined) return `no node takes it: ${plain(unschedulable, 300)}`;
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
  if (ended) return `${label} ${exitWords(ended)} and is started again`;
  if (state?.running) {
    if (runsToEnd) return `${label} runs`;
    return `${label} is starting, its ${status.started === false ? 'startup' : 'readiness'} probe has not passed yet`;
  }
  const reason = state?.waiting?.reason;
  if (!reason || reason === 'ContainerCreating' || reason === 'PodInitializing') return `${label} is being made`;
  const message = pullFailure(state?.waiting?.message ?? '', imageOf(pod, status.name)).cause;
  return `${label} is not started: ${reason}${message ? `, ${plain(message, 300)}` : ''}`;
}
