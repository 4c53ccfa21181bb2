import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';

/** The newest warning about a pod that its container states do not already have. */
export function lastWarning(pod: V1Pod, events: readonly KubeEvent[]): string | undefined {
  const about = events.filter((event) => event.involvedObject.uid === pod.metadata?.uid && saysMore(event));
  return about.sort((a, b) => eventTime(a) - eventTime(b)).at(-1)?.message;
}

/** A failing probe, mount or sandbox; not what the states of a pod say, nor what is odd about the cluster. */
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
