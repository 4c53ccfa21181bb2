import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { lastWarning, warningText } from './events.ts';
import type { RunningContainer } from './pods.ts';
import { withoutRuntime } from './runtime-words.ts';

export interface ProbeFailure {
  /** What the probe asked, and what came of it. */
  readonly words: string;
  readonly hint: string;
  /** It answers, and will answer the same: more time is no help. */
  readonly isFinal?: boolean;
}

type Probe = NonNullable<NonNullable<V1Pod['spec']>['containers'][number]['readinessProbe']>;

/** A probe that failed, as the kubelet reports it. */
interface Failed {
  /** `readiness probe` */
  readonly name: string;
  readonly probe: Probe | undefined;
  /** `container www` */
  readonly label: string;
  readonly said: string;
  /** The kubelet could not even ask. */
  readonly isError: boolean;
}

/** Why a container does not pass its probe, as far as the last warning about it shows; undefined: no probe of it failed. */
export function probeFailure(
  pod: V1Pod,
  { status, label }: RunningContainer,
  events: readonly KubeEvent[],
): ProbeFailure | undefined {
  const own = events.filter(
    ({ involvedObject: { fieldPath } }) => !fieldPath || fieldPath.endsWith(`{${status.name}}`),
  );
  const warning = warningText(lastWarning(pod, own) ?? '', 500);
  const [, kind, end, said = ''] =
    /^(Readiness|Startup|Liveness) probe (failed|errored)(?: and resulted in \w+ state)?(?:: )?(.*)$/s.exec(warning) ??
    [];
  if (kind === undefined) return undefined;
  const probe = probeOf(pod, status.name, kind);
  const failed = { name: `${kind.toLowerCase()} probe`, probe, label, said, isError: end === 'errored' };
  return probe?.exec ? ofCommand(failed) : (ofRequest(failed) ?? ofAnother(failed));
}

/** What a server does not answer, or does not answer with success. */
function ofRequest({ name, probe, label, said }: Failed): ProbeFailure | undefined {
  const [, port] = /dial tcp \S*:(\d+): connect: connection refused/.exec(said) ?? [];
  if (port !== undefined) {
    return {
      words: `its ${name} gets no answer on port ${port}: connection refused`,
      hint: `listen on port ${port} in ${label}, or correct the port of its ${name} in the pod template`,
    };
  }
  const get = `GET ${plain(probe?.httpGet?.path ?? '/', 100)}`;
  const [, code] = /statuscode: (\d+)/.exec(said) ?? [];
  if (code !== undefined) {
    return {
      words: `its ${name} gets ${code} for ${get}`,
      hint: `answer ${get} with 200 in ${label}, or correct the path of the ${name} in the pod template`,
      ...(code.startsWith('4') && { isFinal: true }),
    };
  }
  if (!/^Get ".*(?:context deadline exceeded|Client\.Timeout)/.test(said)) return undefined;
  return {
    words: `its ${name} gets no answer to ${get} within ${limitOf(probe)}`,
    hint: `answer ${get} faster in ${label}, or raise timeoutSeconds of its ${name} in the pod template`,
  };
}

function ofCommand({ name, probe, said, isError }: Failed): ProbeFailure {
  const command = `the command "${plain(probe?.exec?.command?.join(' ') ?? '', 80)}" of its ${name}`;
  // The kubelet has these words in place of what the command printed.
  if (/^command (?:timed out: |".*" timed out$)/s.test(said)) {
    return {
      words: `${command} does not end within ${limitOf(probe)}`,
      hint: `make the command of the ${name} faster, or raise its timeoutSeconds in the pod template`,
    };
  }
  if (isError) {
    return {
      words: `${command} cannot be run: ${withoutRuntime(said)}`,
      hint: `install the command of the ${name} in the image, or correct it in the pod template`,
    };
  }
  return {
    words: `${command} does not exit with 0${said === '' ? '' : `: ${said}`}`,
    hint: `run the command of the ${name} in the image to see why it fails, or correct it in the pod template`,
  };
}

function ofAnother({ name, said }: Failed): ProbeFailure {
  return {
    words: `its ${name} fails${said === '' ? '' : `: ${said}`}`,
    hint: `correct what the ${name} asks, or the probe in the pod template`,
  };
}

function limitOf(probe: Probe | undefined): string {
  return `${probe?.timeoutSeconds ?? 1} s`;
}

function probeOf(pod: V1Pod, container: string, kind: string): Probe | undefined {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const asked = all.find(({ name }) => name === container);
  if (kind === 'Startup') return asked?.startupProbe;
  return kind === 'Liveness' ? asked?.livenessProbe : asked?.readinessProbe;
}
