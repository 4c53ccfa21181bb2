import type { WorkloadKind } from '../../kube/kube.ts';

export interface AppOptions {
  /** Kinds of those that are no Deployment, by name. */
  readonly kinds?: Readonly<Record<string, WorkloadKind>>;
  /** Changes of each workload's spec, but of a CronJob's. */
  readonly deploymentSpec?: Record<string, unknown>;
  /** Default: 1. Where nobody looks at a pod, 0 spares its start; a function says it by the name of the workload. */
  readonly replicas?: number | ((name: string) => number);
  /** Changes of each container, and of each pod. */
  readonly container?: Record<string, unknown>;
  readonly pod?: Record<string, unknown>;
}

/** What a Remote says of one workload. */
export function target(name: string, { kinds }: AppOptions): object {
  return { name, ...(kinds?.[name] && { kind: kinds[name] }), containers: [{ name, path: name }] };
}

/** A workload that serves no page yet, and its Service. */
export function app(name: string, namespace: string, options: AppOptions) {
  const kind = options.kinds?.[name] ?? 'Deployment';
  const labels = { app: name };
  const container = {
    name,
    image: 'placeholder.invalid/none:0',
    ...(kind !== 'CronJob' && { readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } }),
    ...options.container,
  };
  const restartPolicy = kind === 'CronJob' ? 'Never' : 'Always';
  const pod = { terminationGracePeriodSeconds: 0, restartPolicy, containers: [container], ...options.pod };
  const template = { metadata: { labels }, spec: pod };
  const spec = { selector: { matchLabels: labels }, ...options.deploymentSpec, template };
  const wanted = options.replicas ?? 1;
  const replicas = { replicas: typeof wanted === 'number' ? wanted : wanted(name) };
  const specs = {
    Deployment: { ...replicas, ...spec },
    StatefulSet: { ...replicas, ...spec },
    DaemonSet: spec,
    // Far from now: its jobs are made by hand.
    CronJob: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } },
  };
  const group = kind === 'CronJob' ? 'batch' : 'apps';
  return [
    { apiVersion: `${group}/v1`, kind, metadata: { name, namespace }, spec: specs[kind] },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}
