import type { V1Pod, Workload } from '../../kube/kube.ts';
import { podTemplate } from '../workload/workload.ts';

type PodSpec = NonNullable<V1Pod['spec']>;
type Container = PodSpec['containers'][number];

export interface OneOffRequest {
  readonly name: string;
  readonly workload: Workload;
  readonly container: string;
  /** By digest: what the workload names may have drifted. */
  readonly image: string;
  readonly command: readonly string[];
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
  const { name, labels, annotations, owner, deadlineSeconds } = request;
  const { metadata, spec } = podTemplate(request.workload) ?? {};
  return {
    metadata: {
      name,
      labels: { ...labels },
      // Injectors of Secrets and the like go by them.
      annotations: { ...metadata?.annotations, ...annotations },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: {
      ...placed(spec),
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
  const { volumeMounts = [], volumeDevices = [] } = find(workload, container) ?? {};
  const used = [...volumeMounts, ...volumeDevices.map(({ name }) => ({ name }))].map(({ name }) => name);
  return [...new Set(used)].filter((name) => !volumes.has(name));
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
    // Kubernetes expands `$(NAME)` in it, and makes one `$` of two.
    command: command.map((word) => word.replaceAll('$', '$$$$')),
    volumeMounts: volumeMounts.filter(isShared),
    ...(volumeDevices.length > 0 && { volumeDevices: volumeDevices.filter(isShared) }),
    stdin: true,
    // Or the end of input would never reach the command.
    stdinOnce: true,
    tty,
  };
}

function find(workload: Workload, container: string): Container | undefined {
  const { containers = [], initContainers = [] } = podTemplate(workload)?.spec ?? {};
  return [...containers, ...initContainers].find(({ name }) => name === container);
}
