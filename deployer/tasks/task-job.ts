import type { V1Job, V1Pod, Workload } from '../../kube/kube.ts';
import { oneOffPod } from '../one-off/manifest.ts';
import { podTemplate } from '../workload/workload.ts';

type PodSpec = NonNullable<V1Pod['spec']>;
type Container = PodSpec['containers'][number];
type Volume = NonNullable<PodSpec['volumes']>[number];
type EnvVar = NonNullable<Container['env']>[number];

type Handler = Pick<NonNullable<Container['startupProbe']>, 'httpGet' | 'tcpSocket'>;
type Port = NonNullable<Handler['tcpSocket']>['port'];

export interface TaskJobRequest {
  readonly name: string;
  /** Whose pod template says where, as whom and with what it runs. */
  readonly workload: Workload;
  readonly container: string;
  /** By digest. */
  readonly image: string;
  readonly command: readonly string[];
  /** Before all others, which may refer to it: Kubernetes fills in what comes before. Wins over the container's. */
  readonly given: readonly { readonly name: string; readonly value: string }[];
  /** Wins over the container's, in its place. */
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly inherit: {
    readonly env: boolean;
    readonly volumes: readonly string[];
    readonly sidecars: readonly string[];
  };
  /** Unset: those of the container. */
  readonly resources?: Container['resources'] | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string };
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Whether it runs again when its node is drained, which is no failure of its command. */
  readonly survivesDrain: boolean;
  /** How long it stays after its end, for its log, and for what is made of it. */
  readonly keptDays: number;
}

const daySeconds = 24 * 60 * 60;

/** Volumes that a pod of any node can mount beside others. */
const sharable = ['configMap', 'secret', 'projected', 'downwardAPI', 'emptyDir'] as const;

/** Mounts of the container that a task leaves out: volumes that are not named, and that other pods may not have. */
export function leftOutVolumes(workload: Workload, container: string, named: readonly string[]): string[] {
  const { containers = [], initContainers = [], volumes = [] } = podTemplate(workload)?.spec ?? {};
  const own = [...containers, ...initContainers].find(({ name }) => name === container);
  const mounted = own ? mountedNames(own) : [];
  const kept = volumes.filter((volume) => isKept(volume, named)).map(({ name }) => name);
  return [...new Set(mounted)].filter((name) => !kept.includes(name));
}

/** Of the names of volumes and sidecars, those that the template does not have. */
export function unknownNames(workload: Workload, inherit: TaskJobRequest['inherit']): string[] {
  const { volumes = [] } = podTemplate(workload)?.spec ?? {};
  const sidecars = sidecarsOf(workload, inherit.sidecars).map(({ name }) => name);
  return [
    ...inherit.volumes.filter((name) => !volumes.some((one) => one.name === name)).map((name) => `volume ${name}`),
    ...inherit.sidecars.filter((name) => !sidecars.includes(name)).map((name) => `sidecar ${name}`),
  ];
}

/**
 * A Job with the image and the surroundings of one container of a workload. None of the labels of its pods are kept: a Service
 * would send them requests.
 */
export function taskJob(request: TaskJobRequest): V1Job {
  const { name, labels, annotations, owner, timeoutSeconds, retries, survivesDrain, keptDays } = request;
  const template = podOf(request);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { ...labels }, annotations: { ...annotations }, ownerReferences: [{ ...owner }] },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: retries,
      activeDeadlineSeconds: timeoutSeconds,
      ttlSecondsAfterFinished: keptDays * daySeconds,
      // The default starts another pod while the one before still ends: two migrations at once.
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          {
            action: survivesDrain ? 'Ignore' : 'FailJob',
            onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
          },
        ],
      },
      template,
    },
  };
}

function podOf(request: TaskJobRequest): NonNullable<V1Job['spec']>['template'] {
  const { workload, container, image, labels, annotations, owner, inherit } = request;
  const command = [...request.command];
  const base = oneOffPod({
    ...{ name: '', workload, container, image, command, tty: false, labels, annotations, owner },
    deadlineSeconds: 0,
  });
  const { activeDeadlineSeconds: _deadline, volumes: _volumes, containers, ...spec } = base.spec ?? { containers: [] };
  const sidecars = sidecarsOf(workload, inherit.sidecars).filter(({ name }) => name !== container);
  const mounted = new Set([...containers, ...sidecars].flatMap(mountedNames));
  const kept = (podTemplate(workload)?.spec?.volumes ?? []).filter(
    (volume) => mounted.has(volume.name) && isKept(volume, inherit.volumes),
  );
  const names = new Set(kept.map((volume) => volume.name));
  const isMounted = (one: { readonly name: string }) => names.has(one.name);
  return {
    metadata: { labels: { ...labels }, annotations: base.metadata?.annotations ?? {} },
    spec: {
      ...spec,
      ...(sidecars.length > 0 && { initContainers: sidecars.map((one) => mountedOnly(asSidecar(one), isMounted)) }),
      containers: containers.map((one) => mountedOnly(commanded(one, request), isMounted)),
      volumes: kept,
    },
  };
}

function commanded(base: Container, request: TaskJobRequest): Container {
  const { stdin: _stdin, stdinOnce: _once, tty: _tty, env: inherited = [], envFrom = [], ...rest } = base;
  const { command, inherit, resources } = request;
  return {
    ...rest,
    // `$(NAME)` in it is expanded by Kubernetes.
    command: [...command],
    env: merged(inherit.env ? inherited : [], request),
    ...(inherit.env && envFrom.length > 0 && { envFrom }),
    ...(resources && { resources }),
  };
}

function merged(inherited: readonly EnvVar[], { given, env }: Pick<TaskJobRequest, 'given' | 'env'>): EnvVar[] {
  const own = new Map<string, EnvVar>(env.map((one) => [one.name, one]));
  const taken = new Set(given.map(({ name }) => name));
  const places = new Set(inherited.map(({ name }) => name));
  const kept = inherited.filter(({ name }) => !taken.has(name)).map((one) => own.get(one.name) ?? one);
  return [...given, ...kept, ...env.filter(({ name }) => !places.has(name))];
}

function mountedNames({ volumeMounts = [], volumeDevices = [] }: Container): string[] {
  return [...volumeMounts, ...volumeDevices].map(({ name }) => name);
}

function isKept(volume: Volume, named: readonly string[]): boolean {
  return named.includes(volume.name) || sharable.some((kind) => volume[kind] !== undefined);
}

function mountedOnly(
  { volumeMounts, volumeDevices, ...container }: Container,
  isMounted: (one: { readonly name: string }) => boolean,
): Container {
  return {
    ...container,
    ...(volumeMounts && { volumeMounts: volumeMounts.filter(isMounted) }),
    ...(volumeDevices && { volumeDevices: volumeDevices.filter(isMounted) }),
  };
}

/**
 * Without ports, which with `hostPort` only one pod of a node can have, and without what nobody asks or waits for. What says that it
 * has started stays: the command begins after it.
 */
function asSidecar(sidecar: Container): Container {
  const {
    ports = [],
    livenessProbe: _liveness,
    readinessProbe: _readiness,
    startupProbe,
    lifecycle: { postStart } = {},
    ...rest
  } = sidecar;
  return {
    ...rest,
    ...(startupProbe && { startupProbe: withNumber(startupProbe, ports) }),
    ...(postStart && { lifecycle: { postStart: withNumber(postStart, ports) } }),
  };
}

/** A port by its number: its name goes with the ports. */
function withNumber<T extends Handler>({ httpGet, tcpSocket, ...rest }: T, ports: NonNullable<Container['ports']>) {
  const numberOf = (port: Port) => ports.find(({ name }) => name === port)?.containerPort ?? port;
  return {
    ...rest,
    ...(httpGet && { httpGet: { ...httpGet, port: numberOf(httpGet.port) } }),
    ...(tcpSocket && { tcpSocket: { ...tcpSocket, port: numberOf(tcpSocket.port) } }),
  };
}

/** They end with the pod. */
function sidecarsOf(workload: Workload, names: readonly string[]): Container[] {
  const all = podTemplate(workload)?.spec?.initContainers ?? [];
  return all.filter(({ name, restartPolicy }) => restartPolicy === 'Always' && names.includes(name));
}
