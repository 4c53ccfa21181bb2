import { plain } from '../base/text.ts';
import type { KubeEvent, V1Deployment, V1Pod, V1ReplicaSet } from '../kube/kube.ts';
import { exitWords } from './exit-words.ts';
import { containerStates, podIsReady, podName, type RunningContainer, whyUnschedulable } from './pods.ts';

export interface Progress {
  readonly deployment: V1Deployment;
  /** Undefined: not made yet. */
  readonly set: V1ReplicaSet | undefined;
  /** The live pods of that ReplicaSet. */
  readonly pods: readonly V1Pod[];
  /** What the Deployment itself waits for. */
  readonly why: string;
  /** Warning events of the pods. */
  readonly warnings: readonly KubeEvent[];
}

/** What a rollout is waiting for, in a line: `1 of 3 new pods ready, waiting for www-abc: container app is starting`. */
export function progressLine(progress: Progress): string {
  const desired = progress.deployment.spec?.replicas ?? 1;
  const ready = progress.pods.filter(podIsReady).length;
  const counted = `${Math.min(ready, desired)} of ${desired} new ${desired === 1 ? 'pod' : 'pods'} ready`;
  const late = progress.pods.find((pod) => !podIsReady(pod));
  if (!progress.set || (!late && ready < desired)) return `${counted}, waiting for ${progress.why}`;
  if (late && ready < desired)
    return `${counted}, waiting for ${podName(late)}: ${podWaitsFor(late, progress.warnings)}`;
  const { minReadySeconds = 0 } = progress.deployment.spec ?? {};
  const available = progress.set.status?.availableReplicas ?? 0;
  if (minReadySeconds > 0 && available < desired) return `${counted}, each for ${minReadySeconds} s (minReadySeconds)`;
  return `${counted}, waiting for ${progress.why}`;
}

/** What a pod that is not ready waits for, with the last warning that Kubernetes gave about it. */
export function podWaitsFor(pod: V1Pod, warnings: readonly KubeEvent[]): string {
  const unschedulable = whyUnschedulable(pod);
  if (unschedulable !== undefined) return `no node takes it: ${plain(unschedulable, 300)}`;
  const state = containerStates(pod).find((one) => !isDone(one));
  const warning = lastWarning(pod, warnings);
  return `${state ? containerWaitsFor(state) : 'a node is being chosen'}${warning ? ` (${warningText(warning, 300)})` : ''}`;
}

function isDone({ status, runsToEnd }: RunningContainer): boolean {
  return runsToEnd ? status.state?.terminated?.exitCode === 0 : status.ready;
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
function eventTime(event: KubeEvent): number {
  const seen = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp;
  return seen === undefined || seen === null ? 0 : new Date(seen).getTime();
}
