import { asShell } from '../../base/git-remote.ts';
import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import { lastWarning, warningText } from './events.ts';
import type { RunningContainer } from './pods.ts';
import { withoutRuntime } from './runtime-words.ts';

export interface ProbeFailure {
  /** What the probe asked, and what came of it. */
  readonly words: string;
  readonly hint: string;
  /** What to type to watch it fail; unset: only the pod shows it, which is gone. */
  readonly toSeeWhy?: string;
  /** It answers, and will answer the same: more time is no help. */
  readonly isFinal?: boolean;
}

type Container = NonNullable<V1Pod['spec']>['containers'][number];
type Probe = NonNullable<Container['readinessProbe']>;

/** A probe that failed, as the kubelet reports it. */
interface Failed {
  /** `readiness probe` */
  readonly name: string;
  readonly probe: Probe | undefined;
  readonly container: Container | undefined;
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
  const container = containerOf(pod, status.name);
  const probe = probeOf(container, kind);
  const failed = { name: `${kind.toLowerCase()} probe`, probe, container, label, said, isError: end === 'errored' };
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

function ofCommand({ name, probe, container, said, isError }: Failed): ProbeFailure {
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
  const words = `${command} does not exit with 0${said === '' ? '' : `: ${said}`}`;
  const toSeeWhy = tryOut(container, probe);
  if (toSeeWhy === undefined) {
    return {
      words,
      hint: `run the command of the ${name} in the image to see why it fails, or correct it in the pod template`,
    };
  }
  return {
    words,
    toSeeWhy: `to see why it fails, type: ${toSeeWhy}`,
    hint: `fix what the ${name} checks, or correct its command in the pod template`,
  };
}

/** The image elsewhere and the command in it; undefined: without its settings the container would fail in another way. */
function tryOut(container: Container | undefined, probe: Probe | undefined): string | undefined {
  const { image, name, command, args, env, envFrom } = container ?? {};
  const isAlone = [command, args, env, envFrom].every((list = []) => list.length === 0);
  const asked = probe?.exec?.command ?? [];
  if (image === undefined || !isAlone || asked.length === 0 || asked.join(' ').length > 80) return undefined;
  const seconds = Math.max(probe?.initialDelaySeconds ?? 0, 5);
  const test = `${name}-test`;
  const run = asShell(['docker', 'run', '--detach', '--rm', '--name', test, image]);
  return `${run} && sleep ${seconds} && ${asShell(['docker', 'exec', test, ...asked])}; docker stop ${test}`;
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

function containerOf(pod: V1Pod, container: string): Container | undefined {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find(({ name }) => name === container);
}

function probeOf(asked: Container | undefined, kind: string): Probe | undefined {
  if (kind === 'Startup') return asked?.startupProbe;
  return kind === 'Liveness' ? asked?.livenessProbe : asked?.readinessProbe;
}
