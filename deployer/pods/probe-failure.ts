import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { lastWarning, warningText } from './events.ts';
import type { RunningContainer } from './pods.ts';

export interface ProbeFailure {
  /** What the probe asked, and what came of it. */
  readonly words: string;
  readonly hint: string;
}

type Probe = NonNullable<NonNullable<V1Pod['spec']>['containers'][number]['readinessProbe']>;

/** Why a container does not pass its probe, as far as the last warning about it shows; undefined: no probe of it failed. */
export function probeFailure(
  pod: V1Pod,
  { status, label }: RunningContainer,
  events: readonly KubeEvent[],
): ProbeFailure | undefined {
  const own = events.filter(
    ({ involvedObject: { fieldPath } }) => !fieldPath || fieldPath.endsWith(`{${status.name}}`),
  );
  const warning = warningText(lastWarning(pod, own) ?? '', 300);
  const [, kind = '', said = ''] =
    /^(Readiness|Startup|Liveness) probe (?:failed|errored)(?:: )?(.*)$/s.exec(warning) ?? [];
  if (kind === '') return undefined;
  const probe = `${kind.toLowerCase()} probe`;
  const asked = probeOf(pod, status.name, kind);
  const [, port] = /dial tcp \S*:(\d+): connect: connection refused/.exec(said) ?? [];
  if (port !== undefined) {
    return {
      words: `its ${probe} gets no answer on port ${port}: connection refused`,
      hint: `listen on port ${port} in ${label}, or correct the port of its ${probe}`,
    };
  }
  const [, code] = /statuscode: (\d+)/.exec(said) ?? [];
  if (code !== undefined) {
    const get = `GET ${plain(asked?.httpGet?.path ?? '/', 100)}`;
    return {
      words: `its ${probe} gets ${code} for ${get}`,
      hint: `correct the path of the ${probe}, or answer ${get} with 200 in ${label}`,
    };
  }
  const command = asked?.exec?.command?.join(' ');
  if (command === undefined) {
    return {
      words: `its ${probe} fails${said === '' ? '' : `: ${said}`}`,
      hint: `correct the ${probe}, or what it asks`,
    };
  }
  return {
    words: `its ${probe} fails: exec ${plain(command, 80)}${said === '' ? '' : `: ${said}`}`,
    hint: `run the command of the ${probe} in the image to see why it fails, or correct it in the pod template`,
  };
}

function probeOf(pod: V1Pod, container: string, kind: string): Probe | undefined {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const asked = all.find(({ name }) => name === container);
  if (kind === 'Startup') return asked?.startupProbe;
  return kind === 'Liveness' ? asked?.livenessProbe : asked?.readinessProbe;
}
