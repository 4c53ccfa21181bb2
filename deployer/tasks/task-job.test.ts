import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { type TaskJobRequest, taskJob } from './task-job.ts';

const workload = {
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns' },
  spec: {
    template: {
      metadata: { labels: { app: 'web' }, annotations: { 'vault/inject': 'yes' } },
      spec: {
        serviceAccountName: 'web',
        nodeSelector: { disk: 'ssd' },
        imagePullSecrets: [{ name: 'pull' }],
        topologySpreadConstraints: [{ maxSkew: 1 }],
        initContainers: [
          { name: 'wait', image: 'busybox' },
          {
            name: 'proxy',
            image: 'cloud-sql',
            restartPolicy: 'Always',
            volumeMounts: [{ name: 'token', mountPath: '/c' }],
            ports: [{ name: 'sql', containerPort: 5432, hostPort: 5432 }],
            startupProbe: { tcpSocket: { port: 'sql' }, periodSeconds: 1 },
            livenessProbe: { tcpSocket: { port: 'sql' } },
            readinessProbe: { tcpSocket: { port: 'sql' } },
            lifecycle: { postStart: { exec: { command: ['wait'] } }, preStop: { exec: { command: ['sleep', '60'] } } },
          },
        ],
        containers: [
          {
            name: 'web',
            image: 'old',
            command: ['serve'],
            args: ['--port'],
            env: [{ name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } }],
            envFrom: [{ secretRef: { name: 'web-env' } }],
            ports: [{ containerPort: 80, hostPort: 80 }],
            readinessProbe: { httpGet: { path: '/', port: 80 } },
            resources: { requests: { cpu: '1' } },
            volumeMounts: [
              { name: 'config', mountPath: '/config' },
              { name: 'data', mountPath: '/data' },
            ],
          },
          { name: 'mesh', image: 'envoy' },
        ],
        volumes: [
          { name: 'config', configMap: { name: 'web' } },
          { name: 'token', secret: { secretName: 'proxy' } },
          { name: 'data', persistentVolumeClaim: { claimName: 'web' } },
        ],
      },
    },
  },
} as unknown as Workload;
const request: TaskJobRequest = {
  ...{
    name: 'gk-app-schema-1',
    workload,
    container: 'web',
    image: 'r/web@sha256:1',
    command: ['sh', '-c', 'echo $(A)'],
  },
  ...{ given: [], env: [{ name: 'MODE', value: 'safe' }] },
  inherit: { env: true, volumes: [], sidecars: [] },
  labels: { 'gitkube.sh/task': 'schema' },
  annotations: { 'gitkube.sh/commit': 'c1' },
  owner: { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name: 'app', uid: 'u1' },
  ...{ timeoutSeconds: 60, retries: 2, survivesDrain: true, keptDays: 1 },
};
const podOf = (over: Partial<TaskJobRequest> = {}) => taskJob({ ...request, ...over }).spec?.template;

describe('the Job of a task', () => {
  it('runs once at a time, ends in time, and is deleted a day after its end', () => {
    expect(taskJob(request)).toMatchObject({
      metadata: { name: 'gk-app-schema-1', ownerReferences: [{ kind: 'Remote', uid: 'u1' }] },
      spec: {
        ...{ completions: 1, parallelism: 1, backoffLimit: 2, activeDeadlineSeconds: 60 },
        ...{ ttlSecondsAfterFinished: 86_400, podReplacementPolicy: 'Failed' },
        podFailurePolicy: { rules: [{ action: 'Ignore' }] },
      },
    });
  });

  it('has no label of the workload, by which a Service would find it', () => {
    expect(podOf()?.metadata?.labels).toEqual({ 'gitkube.sh/task': 'schema' });
    expect(podOf()?.metadata?.annotations).toMatchObject({ 'vault/inject': 'yes' });
  });

  it('runs its command in the released image, as the account and on the nodes of the workload', () => {
    const spec = podOf()?.spec;
    expect(spec).toMatchObject({
      ...{ restartPolicy: 'Never', serviceAccountName: 'web', nodeSelector: { disk: 'ssd' } },
      imagePullSecrets: [{ name: 'pull' }],
    });
    expect(spec?.containers).toHaveLength(1);
    const [container] = spec?.containers ?? [];
    // Kubernetes expands it.
    expect(container).toMatchObject({ name: 'web', image: 'r/web@sha256:1', command: ['sh', '-c', 'echo $(A)'] });
    const kept = ['args', 'ports', 'readinessProbe', 'stdin', 'tty'].filter((field) => field in (container ?? {}));
    expect(kept).toEqual([]);
    expect(spec).not.toHaveProperty('activeDeadlineSeconds');
    expect(spec).not.toHaveProperty('topologySpreadConstraints');
  });

  it('has the environment of the container, and its own wins', () => {
    const [container] = podOf({ env: [{ name: 'DATABASE_URL', value: 'postgres://test' }] })?.spec?.containers ?? [];
    expect(container?.env).toEqual([{ name: 'DATABASE_URL', value: 'postgres://test' }]);
    expect(container?.envFrom).toEqual([{ secretRef: { name: 'web-env' } }]);
    const [bare] = podOf({ inherit: { env: false, volumes: [], sidecars: [] } })?.spec?.containers ?? [];
    expect(bare?.env).toEqual([{ name: 'MODE', value: 'safe' }]);
    expect(bare).not.toHaveProperty('envFrom');
  });

  it('has what Gitkube gives before all others, which may refer to it, and its own in the place of the container', () => {
    const given = [{ name: 'GITKUBE_COMMIT', value: 'c1' }];
    const own = { name: 'DATABASE_URL', value: 'postgres://$(GITKUBE_COMMIT)' };
    const [container] = podOf({ given, env: [{ name: 'MODE', value: 'safe' }, own] })?.spec?.containers ?? [];
    expect(container?.env).toEqual([...given, own, { name: 'MODE', value: 'safe' }]);
  });

  it('mounts a claim, which other nodes may not have, only where it is named', () => {
    const mounts = (over = {}) => podOf(over)?.spec?.containers[0]?.volumeMounts?.map(({ name }) => name);
    expect(mounts()).toEqual(['config']);
    expect(podOf()?.spec?.volumes?.map(({ name }) => name)).toEqual(['config']);
    expect(mounts({ inherit: { env: true, volumes: ['data'], sidecars: [] } })).toEqual(['config', 'data']);
  });

  it('has the sidecars that are named, and no other container', () => {
    expect(podOf()?.spec?.initContainers).toBeUndefined();
    const named = podOf({ inherit: { env: true, volumes: [], sidecars: ['proxy', 'wait', 'mesh'] } });
    expect(named?.spec?.initContainers).toMatchObject([{ name: 'proxy', volumeMounts: [{ name: 'token' }] }]);
    expect(named?.spec?.volumes?.map(({ name }) => name)).toEqual(['config', 'token']);
  });

  it('has no port of a sidecar, which two pods of a node could not both have, and of its probes what decides its start', () => {
    const [proxy] = podOf({ inherit: { env: true, volumes: [], sidecars: ['proxy'] } })?.spec?.initContainers ?? [];
    expect(proxy).toEqual({
      ...{
        name: 'proxy',
        image: 'cloud-sql',
        restartPolicy: 'Always',
        volumeMounts: [{ name: 'token', mountPath: '/c' }],
      },
      startupProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
      lifecycle: { postStart: { exec: { command: ['wait'] } } },
    });
  });

  it('requests what it says, or else what the container does', () => {
    expect(podOf()?.spec?.containers[0]?.resources).toEqual({ requests: { cpu: '1' } });
    const own = podOf({ resources: { limits: { memory: '1Gi' } } });
    expect(own?.spec?.containers[0]?.resources).toEqual({ limits: { memory: '1Gi' } });
  });
});
