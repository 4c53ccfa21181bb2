import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { lastWarning } from './events.ts';
import type { RunningContainer } from './pods.ts';

/** What to do about a container that keeps its pod from being ready, as far as the last warning about the pod shows it. */
export function probeHints(
  pod: V1Pod,
  { status, label, runsToEnd }: RunningContainer,
  events: readonly KubeEvent[],
): string[] {
  if (runsToEnd)
    return [`${label} has to end before the other containers start: its last lines above say what it waits for`];
  const warning = lastWarning(pod, events) ?? '';
  const [, kind] = /^(Readiness|Startup|Liveness) probe failed/.exec(warning) ?? [];
  if (kind === undefined) return [];
  const probe = `${kind.toLowerCase()} probe`;
  const [, port] = /dial tcp \S*:(\d+): connect: connection refused/.exec(warning) ?? [];
  if (port !== undefined) {
    return [
      `nothing listens on port ${port}, which the ${probe} asks: make ${label} listen there, or correct the port of the probe`,
    ];
  }
  const [, code] = /statuscode: (\d+)/.exec(warning) ?? [];
  if (code === undefined) return [];
  const asked = pod.spec?.containers.find(({ name }) => name === status.name);
  const path = (kind === 'Startup' ? asked?.startupProbe : asked?.readinessProbe)?.httpGet?.path ?? '/';
  return [
    `${label} answers ${code} to GET ${path}, which the ${probe} asks: correct the path of the probe, or the answer`,
  ];
}
