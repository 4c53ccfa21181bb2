import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { makeDeployment } from '../testing/objects.ts';
import { type CommandWord, dottedVariables, oneOffPod, ownVolumes } from './manifest.ts';

const probe = { httpGet: { path: '/', port: 80 } };
const app = {
  name: 'app',
  image: 'drifted',
  command: ['serve'],
  args: ['--all'],
  env: [{ name: 'KEY', value: 'value' }],
  envFrom: [{ secretRef: { name: 'settings' } }],
  ports: [{ containerPort: 80 }],
  resources: { limits: { memory: '64Mi' } },
  volumeMounts: [
    { name: 'config', mountPath: '/config' },
    { name: 'data', mountPath: '/data' },
  ],
  securityContext: { runAsUser: 1000 },
  ...{ livenessProbe: probe, readinessProbe: probe, startupProbe: probe },
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
};
const spec = {
  containers: [{ name: 'proxy', image: 'proxy' }, app],
  initContainers: [{ name: 'migrate', image: 'migrate', restartPolicy: 'Always' }],
  volumes: [
    { name: 'config', configMap: { name: 'config' } },
    { name: 'uploads', persistentVolumeClaim: { claimName: 'of the proxy' } },
  ],
  serviceAccountName: 'app',
  imagePullSecrets: [{ name: 'registry' }],
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'gpu' }],
  securityContext: { fsGroup: 7 },
  affinity: { nodeAffinity: {}, podAntiAffinity: {} },
  topologySpreadConstraints: [{ maxSkew: 1 }],
  readinessGates: [{ conditionType: 'balancer' }],
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 600,
};
const apparmor = (container: string) => `container.apparmor.security.beta.kubernetes.io/${container}`;
const annotations = {
  'vault.example.com/inject': 'true',
  [apparmor('app')]: 'runtime/default',
  [apparmor('proxy')]: 'unconfined',
};
const metadata = { labels: { app: 'www' }, annotations };
const deployment = makeDeployment({ spec: { template: { metadata, spec } } });

const podOf = (workload: Workload, container: string, command: readonly CommandWord[] = ['ls', '-l']) =>
  oneOffPod({
    ...{ name: 'app-run-1', workload, container, image: 'r/app@sha256:1', command, tty: true },
    labels: { 'gitkube.sh/run': 'a' },
    annotations: { 'gitkube.sh/run-by': 'ada' },
    owner: { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name: 'app', uid: 'u1' },
    deadlineSeconds: 60,
  });

describe('the pod of a command', () => {
  it('has what the container has, and nothing of what makes pods of a workload', () => {
    const { env, envFrom, resources, securityContext } = app;
    expect(podOf(deployment, 'app')).toEqual({
      metadata: {
        name: 'app-run-1',
        labels: { 'gitkube.sh/run': 'a' },
        annotations: {
          'vault.example.com/inject': 'true',
          [apparmor('app')]: 'runtime/default',
          'gitkube.sh/run-by': 'ada',
        },
        ownerReferences: [
          { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name: 'app', uid: 'u1', controller: true },
        ],
      },
      spec: {
        containers: [
          {
            ...{ name: 'app', env, envFrom, resources, securityContext },
            ...{ image: 'r/app@sha256:1', command: ['ls', '-l'], stdin: true, stdinOnce: true, tty: true },
            volumeMounts: [{ name: 'config', mountPath: '/config' }],
          },
        ],
        volumes: [spec.volumes[0]],
        shareProcessNamespace: true,
        serviceAccountName: 'app',
        imagePullSecrets: spec.imagePullSecrets,
        nodeSelector: spec.nodeSelector,
        tolerations: spec.tolerations,
        securityContext: spec.securityContext,
        affinity: { nodeAffinity: {} },
        restartPolicy: 'Never',
        activeDeadlineSeconds: 60,
        terminationGracePeriodSeconds: 30,
      },
    });
  });

  it('gives its command every word as it is, where Kubernetes would expand it', () => {
    const command = ['echo', '$$', '$(HOSTNAME)', '$1'];
    const [container] = podOf(deployment, 'app', command).spec?.containers ?? [];
    expect(container?.command).toEqual(['echo', '$$$$', '$$(HOSTNAME)', '$$1']);
  });

  it('is given a variable that Kubernetes fills in, also as a word', () => {
    const [container] = podOf(deployment, 'app', ['env', { variable: 'a.b' }]).spec?.containers ?? [];
    expect(container?.command).toEqual(['env', 'a.b=$(a.b)']);
  });

  it.each([{ hostPID: true }, { os: { name: 'windows' } }])(
    'shares no process namespace where the template has %j',
    (given) => {
      const one = makeDeployment({ spec: { template: { metadata, spec: { ...spec, ...given } } } });
      expect(podOf(one, 'app').spec).not.toHaveProperty('shareProcessNamespace');
    },
  );

  it('may be of an init container', () => {
    const pod = podOf(deployment, 'migrate');
    expect(pod.spec?.volumes).toEqual([]);
    const [container] = pod.spec?.containers ?? [];
    expect(container).toMatchObject({ name: 'migrate', image: 'r/app@sha256:1' });
    expect(container).not.toHaveProperty('restartPolicy');
  });

  it('may be of a CronJob', () => {
    const cronJob = { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec } } } } } as unknown as Workload;
    expect(podOf(cronJob, 'app').spec?.serviceAccountName).toBe('app');
  });
});

it('the volumes that each pod of a StatefulSet has of its own are named', () => {
  expect(ownVolumes(deployment, 'app')).toEqual(['data']);
  expect(ownVolumes(deployment, 'proxy')).toEqual([]);
});

it('the variables whose names a shell does not have are named, apart by whether they can be given to it', () => {
  const names = ['PLAIN', '_x1', 'spring.datasource.url', 'a-b', 'odd name', '1st'];
  const env = [
    ...names.map((name) => ({ name, value: 'x' })),
    { name: 'maybe.not', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
    { name: 'is.there', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  ];
  const one = makeDeployment({ spec: { template: { metadata, spec: { containers: [{ ...app, env }] } } } });
  expect(dottedVariables(one, 'app')).toEqual({
    given: ['spring.datasource.url', 'a-b', 'is.there'],
    lost: ['odd name', '1st', 'maybe.not'],
  });
  expect(dottedVariables(deployment, 'app')).toEqual({ given: [], lost: [] });
});
