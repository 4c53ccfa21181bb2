import { plain } from '../base/text.ts';
import type { KubeEvent, V1Pod, Workload } from '../kube/kube.ts';
import { exitWords } from './exit-words.ts';
import { desiredPods, type NewVersion } from './new-version.ts';
import {
  containerStates,
  isDone,
  latePod,
  podIsReady,
  podName,
  type RunningContainer,
  whyUnschedulable,
} from './pods.ts';
import { minReadySeconds } from './workload.ts';

export interface Progress {
  readonly workload: Workload;
  /** Undefined: not made yet. */
  readonly version: NewVersion | undefined;
  /** What the workload itself waits for. */
  readonly why: string;
  /** Warning events of the pods. */
  readonly warnings: readonly KubeEvent[];
}

/** What a rollout is waiting for, in a line: `1 of 3 new pods ready, waiting for www-abc: container app is starting`. */
export function progressLine({ workload, version, why, warnings }: Progress): string {
  const desired = desiredPods(workload);
  const { pods = [], available = 0 } = version ?? {};
  const ready = pods.filter(podIsReady).length;
  const counted = `${Math.min(ready, desired)} of ${desired} new ${desired === 1 ? 'pod' : 'pods'} ready`;
  const late = latePod(pods);
  if (!version || (!late && ready < desired)) return `${counted}, waiting for ${why}`;
  if (late && (ready < desired || podIsReady(late)))
    return `${counted}, waiting for ${podName(late)}: ${podWaitsFor(late, warnings)}`;
  const seconds = minReadySeconds(workload);
  if (seconds > 0 && available < desired) return `${counted}, each for ${seconds} s (minReadySeconds)`;
  return `${counted}, waiting for ${why}`;
}

/** What a pod that is not ready waits for, with the last warning that Kubernetes gave about it. */
export function podWaitsFor(pod: V1Pod, warnings: readonly KubeEvent[]): string {
  const unschedulable = whyUnschedulable(pod);
  if (unschedulable !== undefined) return `no node takes it: ${plain(unschedulable, 300)}`;
  const state = containerStates(pod).find((one) => !isDone(one));
  const warning = lastWarning(pod, warnings);
  return `${state ? containerWaitsFor(state) : 'a node is being chosen'}${warning ? ` (${warningText(warning, 300)})` : ''}`;
}

function containerWaitsFor({ status, label, runsToEnd }: RunningContainer): string {
  const { state, lastState } = status;
  const ended = state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined);
  if (ended) return `${label} ${exitWords(ended)} and is started again`;
  if (state?.running) {
    if (runsToEnd) return `${label} runs`;
    return `${label} is starting, its ${status.started === false ? 'startup' : 'readiness'} probe has not passed yet`;
  }
  const reason = state?.waiting?.reason;
  if (!reason || reason === 'ContainerCreating' || reason === 'PodInitializing') return `${label} is being made`;
  return `${label} is not started: ${reason}${state?.waiting?.message ? `, ${plain(state.waiting.message, 300)}` : ''}`;
}

/** The newest warning about a pod that its container states do not tell already. */
export function lastWarning(pod: V1Pod, warnings: readonly KubeEvent[]): string | undefined {
  const about = warnings.filter((event) => event.involvedObject.uid === pod.metadata?.uid && saysMore(event));
  return about.sort((a, b) => eventTime(a) - eventTime(b)).at(-1)?.message;
}

/** A failing probe, mount or sandbox; not what the states of a pod tell, nor what is odd about the cluster. */
export function saysMore({ reason = '', message = '' }: KubeEvent): boolean {
  if (reason === 'Failed' || reason === 'FailedScheduling') return false;
  return message !== '' && /^(?:Unhealthy|Failed|Evicted|Preempted|NetworkNotReady|Invalid|Inspect)/.test(reason);
}

/** A probe that printed nothing leaves a colon behind. */
export function warningText(message: string, max: number): string {
  return plain(message.trim().replace(/:$/, ''), max);
}

/** When an event was seen last; a typed call has Dates where a watch has strings. */
export function eventTime(event: KubeEvent): number {
  const seen = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp;
  return seen === undefined || seen === null ? 0 : new Date(seen).getTime();
}
