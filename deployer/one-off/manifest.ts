import type { V1Pod, Workload } from '../../kube/kube.ts';
import { podTemplate } from '../workload/workload.ts';

type PodSpec = NonNullable<V1Pod['spec']>;
type Container = PodSpec['containers'][number];

/** A word of a command as it is, or `NAME=value` of a variable of its container, which Kubernetes fills in. */
export type CommandWord = string | { readonly variable: string };

export interface OneOffRequest {
  readonly name: string;
  readonly workload: Workload;
  readonly container: string;
  /** By digest: what the workload names may have drifted. */
  readonly image: string;
  readonly command: readonly CommandWord[];
  readonly tty: boolean;
  /** None of them may be one that a Service selects, so those of the template are no part of it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** It goes with its owner, and no controller whose selector matches anything adopts it. */
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string };
  /** After so many seconds Kubernetes ends it. */
  readonly deadlineSeconds: number;
}

/** A template may ask for minutes: of a pod that nothing is sent to nobody waits for the end. */
const maxGraceSeconds = 30;

/**
 * A pod of one container of a workload, with everything that this container has there: environment, volumes, account, node.
 * It has no probes, ports or hooks, no other containers, and nothing that spreads it among the pods of the workload.
 */
export function oneOffPod(request: OneOffRequest): V1Pod {
  const { name, workload, container, labels, annotations, owner, deadlineSeconds } = request;
  const { metadata, spec } = podTemplate(workload) ?? {};
  return {
    metadata: {
      name,
      labels: { ...labels },
      // Injectors of Secrets and the like go by them.
      annotations: { ...annotationsFor(container, metadata?.annotations), ...annotations },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: {
      ...placed(spec),
      ...(sharesProcesses(spec) && { shareProcessNamespace: true }),
      volumes: mountedVolumes(workload, container),
      containers: [containerOf(request)],
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: Math.min(spec?.terminationGracePeriodSeconds ?? maxGraceSeconds, maxGraceSeconds),
    },
  };
}

/** Volumes that each pod of a StatefulSet has of its own: another pod cannot have them. */
export function ownVolumes(workload: Workload, container: string): string[] {
  const volumes = new Set(podTemplate(workload)?.spec?.volumes?.map(({ name }) => name));
  return mountedNames(workload, container).filter((name) => !volumes.has(name));
}

/** A variable whose name Kubernetes can fill in, and that is no identifier. */
const dotted = /^[-._A-Za-z][-._A-Za-z0-9]*$/;

/**
 * The variables of a container, but for those of `envFrom`, whose names a POSIX shell does not keep for what it starts:
 * `spring.datasource.url`.
 * @returns `given`: a `CommandWord` can have them; `lost`: their name is not one for it, or nobody knows whether there is a value
 */
export function dottedVariables(workload: Workload, container: string): { given: string[]; lost: string[] } {
  const all = (find(workload, container)?.env ?? []).filter(({ name }) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const isGiven = ({ name, valueFrom: { secretKeyRef, configMapKeyRef } = {} }: (typeof all)[number]) =>
    dotted.test(name) && secretKeyRef?.optional !== true && configMapKeyRef?.optional !== true;
  const names = (some: typeof all) => some.map(({ name }) => name);
  return { given: names(all.filter(isGiven)), lost: names(all.filter((one) => !isGiven(one))) };
}

function mountedNames(workload: Workload, container: string): string[] {
  const { volumeMounts = [], volumeDevices = [] } = find(workload, container) ?? {};
  const used = [...volumeMounts, ...volumeDevices.map(({ name }) => ({ name }))].map(({ name }) => name);
  return [...new Set(used)];
}

/** Those of other containers may be claimed by one pod at a time, or be slow to come. */
function mountedVolumes(workload: Workload, container: string): NonNullable<PodSpec['volumes']> {
  const mounted = mountedNames(workload, container);
  return podTemplate(workload)?.spec?.volumes?.filter(({ name }) => mounted.includes(name)) ?? [];
}

/** `container.apparmor.security.beta.kubernetes.io/<container>`: the API server refuses one of a container that the pod has not. */
function annotationsFor(container: string, all: Readonly<Record<string, string>> = {}): Record<string, string> {
  const isFor = (name: string) => !/^container\..*\//.test(name) || name.endsWith(`/${container}`);
  return Object.fromEntries(Object.entries(all).filter(([name]) => isFor(name)));
}

/** The first process of a namespace gets no signal that it has no handler for: neither Ctrl-C nor a deletion would end `sleep`. */
function sharesProcesses({ hostPID, os }: Partial<PodSpec> = {}): boolean {
  return hostPID !== true && os?.name !== 'windows';
}

/** What of a template says where and as whom its pods run. */
function placed(spec: PodSpec | undefined): Omit<PodSpec, 'containers'> {
  const {
    containers: _containers,
    initContainers: _initContainers,
    ephemeralContainers: _ephemeralContainers,
    topologySpreadConstraints: _spread,
    affinity,
    readinessGates: _gates,
    hostname: _hostname,
    subdomain: _subdomain,
    volumes: _volumes,
    shareProcessNamespace: _shareProcessNamespace,
    ...rest
  } = spec ?? { containers: [] };
  const { nodeAffinity } = affinity ?? {};
  return { ...rest, ...(nodeAffinity && { affinity: { nodeAffinity } }) };
}

function containerOf({ workload, container, image, command, tty }: OneOffRequest): Container {
  const {
    args: _args,
    ports: _ports,
    livenessProbe: _liveness,
    readinessProbe: _readiness,
    startupProbe: _startup,
    lifecycle: _lifecycle,
    restartPolicy: _restartPolicy,
    volumeMounts = [],
    volumeDevices = [],
    ...rest
  } = find(workload, container) ?? { name: container };
  const own = new Set(ownVolumes(workload, container));
  const isShared = ({ name }: { readonly name: string }) => !own.has(name);
  return {
    ...rest,
    image,
    command: command.map(wordOf),
    volumeMounts: volumeMounts.filter(isShared),
    ...(volumeDevices.length > 0 && { volumeDevices: volumeDevices.filter(isShared) }),
    stdin: true,
    // Or the end of input would never reach the command.
    stdinOnce: true,
    tty,
  };
}

/** Kubernetes expands `$(NAME)` in a word, and makes one `$` of two. */
function wordOf(word: CommandWord): string {
  return typeof word === 'string' ? word.replaceAll('$', '$$$$') : `${word.variable}=$(${word.variable})`;
}

function find(workload: Workload, container: string): Container | undefined {
  const { containers = [], initContainers = [] } = podTemplate(workload)?.spec ?? {};
  return [...containers, ...initContainers].find(({ name }) => name === container);
}
