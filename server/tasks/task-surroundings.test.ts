import { beforeEach, expect, it } from 'vitest';
import type { GitkubeError } from '../../base/errors.ts';
import type { Workload } from '../../kube/index.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';
import { readyTask } from './task-order.ts';

const web: Workload = {
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns' },
  spec: {
    selector: {},
    template: { spec: { serviceAccountName: 'web', containers: [{ name: 'app', env: [{ name: 'A', value: '1' }] }] } },
  },
};
let workload: Workload = web;
beforeEach(() => {
  workload = web;
});

const remote = { id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1', registry: { url: 'r', secretName: 'pull' } };
const unit = {
  ...{ name: 'unit', stage: 'Test', command: ['npm', 'test'], timeoutSeconds: 60, retries: 0, env: [] },
  inherit: { env: true, sidecars: [] },
};

async function podOf(task: object, own: object = remote) {
  const kube = { getWorkload: async () => workload };
  const facts = { deploy: 'd1', commit: 'c1', branch: 'main', by: 'ada', how: 'push' };
  const order = {
    remote: own as Remote,
    account: undefined,
    task: task as Task,
    image: 'r/i@sha256:1',
    facts,
    instance: 'i',
  };
  const { job } = await readyTask(kube as never, { ...order, rendered: undefined });
  return job.spec?.template.spec;
}

it('a task has the account and the environment of its container', async () => {
  const from = { kind: 'Deployment', deployment: 'web', container: 'app' };
  const pod = await podOf({ ...unit, from });
  expect(pod?.serviceAccountName).toBe('web');
  expect(pod?.containers[0]?.env).toContainEqual({ name: 'A', value: '1' });
});

it('a test with an image of its own has nothing of the namespace but what pulls its image', async () => {
  const build = { name: 'unit', path: '.', dockerfile: 'Dockerfile', buildArgs: [], target: 'test' };
  const pod = await podOf({ ...unit, build });
  expect(pod).toMatchObject({
    ...{ automountServiceAccountToken: false, enableServiceLinks: false },
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    imagePullSecrets: [{ name: 'pull' }],
    containers: [{ name: 'unit', image: 'r/i@sha256:1', command: ['npm', 'test'] }],
    volumes: [],
  });
  expect(pod?.containers[0]?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  });
  expect(pod).not.toHaveProperty('serviceAccountName');
  expect(pod?.containers[0]?.env?.filter(({ name }) => !name.startsWith('GITKUBE_'))).toEqual([]);
  expect(await podOf({ ...unit, build }, { ...remote, registry: undefined })).not.toHaveProperty('imagePullSecrets');
});

it('a migration without a volume of its container names what to set: one of each pod cannot be mounted', async () => {
  const from = { kind: 'Deployment', deployment: 'web', container: 'app' };
  const migration = { ...unit, stage: 'Migrate', from };
  const hintWith = (spec: object) => {
    const mounting = {
      serviceAccountName: 'web',
      containers: [{ name: 'app', volumeMounts: [{ name: 'data', mountPath: '/d' }] }],
    };
    workload = { ...web, spec: { selector: {}, template: { spec: { ...mounting, ...spec } } } } as unknown as Workload;
    return podOf(migration).then(
      () => [],
      (thrown: GitkubeError) => thrown.hint,
    );
  };
  const claimed = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
  expect(await hintWith(claimed)).toEqual([
    expect.stringContaining('to [data], or to [] when the migration does not need it'),
  ]);
  expect(await hintWith({})).toEqual([
    expect.stringContaining('to [] if it does not need it: each pod has a volume of its own'),
  ]);
});
