import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callApi } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { mustKubectl } from '../support/kubectl.ts';
import {
  claim,
  configMap,
  createManifestsProject,
  deployment,
  job,
  manifestsOnly,
  service,
  VolumesLater,
  yaml,
} from '../support/manifests.ts';
import type { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const project = (rollout: object = {}, role = 'edit') => manifestsOnly(gitkube, { spec: { rollout }, role });

const names = (found: string) => found.split(/\s+/).filter(Boolean);

describe.concurrent('a push of manifests is done when all of them work', () => {
  it('and fails with a Job, with the exit code and the last output of its container, and deletes that Job', async () => {
    await using app = await project();
    await app.write('k8s/app.yaml', yaml(configMap('kept', { a: '1' })));
    await app.commit('before');
    expect((await app.push()).code).toBe(0);
    await app.write(
      'k8s/app.yaml',
      yaml(configMap('kept', { a: '2' }), job('migrate', 'echo no such table: users; exit 4')),
    );
    await app.commit('with a migration');
    const pushed = await app.push();
    expect(pushed.output).toContain('Job/migrate failed: container web exited with code 4');
    expect(pushed.output).toContain('no such table: users');
    expect(pushed.output).not.toContain('Released');
    expect(pushed.code).toBe(1);
    expect(names(await app.kubectl('get', 'jobs', '-o', 'name'))).toEqual([]);
    expect(await app.kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')).toBe('1');
  });

  it('and waits for a Job to complete, also where the account may only get it', async () => {
    await using app = await project({}, 'cluster-admin');
    await app.kubectl('delete', 'rolebinding', 'gitkube-deployer');
    await app.kubectl('create', 'role', 'jobs', '--verb=get,create,patch,delete', '--resource=jobs.batch');
    await app.kubectl(
      'create',
      'rolebinding',
      'jobs',
      '--role=jobs',
      `--serviceaccount=${app.namespace}:gitkube-deployer`,
    );
    await app.write('k8s/app.yaml', yaml(job('migrate', 'echo migrated')));
    await app.commit('with a migration');
    const pushed = await app.push();
    expect(pushed.output).toMatch(/Job\/migrate: complete after/);
    expect(pushed.code).toBe(0);
    expect(await app.kubectl('get', 'job', 'migrate', '-o', 'jsonpath={.status.succeeded}')).toBe('1');
  });

  it('and fails early with a Job whose image cannot be pulled', async () => {
    await using app = await project();
    await app.write('k8s/app.yaml', yaml(job('migrate', 'true', 'x.invalid/none')));
    await app.commit('with an image that is nowhere');
    const pushed = await app.push();
    expect(pushed.output).toContain('Job/migrate failed: container web cannot start');
    expect(pushed.output).toContain('x.invalid');
    expect(pushed.code).toBe(1);
  });

  it('or fails after the time of a rollout, with how far a Job is and what else is not ready', async () => {
    await using app = await project({ timeoutSeconds: 12 });
    await app.write('k8s/app.yaml', yaml(job('slow', 'echo still counting; exec sleep 1000'), claim('data')));
    await app.commit('with a Job that takes for ever');
    const pushed = await app.push();
    expect(pushed.output).toMatch(/not ready within 12 s/);
    expect(pushed.output).toContain('PersistentVolumeClaim/data');
    expect(pushed.output).toMatch(/Job\/slow.*waiting for it to complete, 1 pod active/);
    expect(pushed.output).toContain('is not ready either');
    expect(pushed.code).toBe(1);
    expect(names(await app.kubectl('get', 'jobs', '-o', 'name'))).toEqual([]);
  });

  it('and a Deployment that is late is reported with the Job that it waits for', async () => {
    await using app = await project({ timeoutSeconds: 12 });
    const image = rig().baseImage;
    await app.write(
      'k8s/app.yaml',
      yaml(deployment('late', { image, command: ['sleep', '1000'] }), job('slow', 'exec sleep 1000'), service('late')),
    );
    await app.commit('nothing gets ready');
    const pushed = await app.push();
    expect(pushed.output).toMatch(/Deployment\/late is not ready either|Job\/slow is not ready either/);
    expect(pushed.code).toBe(1);
  });

  it('and fails with a bare pod that exits with an error, or that crashes after it was ready', async () => {
    await using app = await project();
    await app.write('k8s/app.yaml', yaml(pod('once', 'Never', 'echo out of luck; exit 3')));
    await app.commit('with a pod');
    const once = await app.push();
    expect(once.output).toContain('Pod/once has failed: container web exited with code 3');
    expect(once.output).toContain('out of luck');
    expect(once.code).toBe(1);
    await app.write('k8s/app.yaml', yaml(pod('loop', 'Always', 'sleep 1; exit 3')));
    await app.commit('with another pod');
    const loop = await app.push();
    expect(loop.output).toContain('exited with code 3');
    expect(loop.code).toBe(1);
    expect(names(await app.kubectl('get', 'pods', '-o', 'name'))).toEqual([]);
  });

  it('and does not wait for a claim that gets its volume with its first pod', async () => {
    await using app = await project({ timeoutSeconds: 60 });
    await using later = await VolumesLater.create();
    await app.write('k8s/app.yaml', yaml(claim('data', later.name)));
    await app.commit('with a claim');
    const pushed = await app.push();
    expect(pushed.output).toContain('Released releases/1');
    expect(pushed.code).toBe(0);
  });

  it('and so is a workload that the Remote does not deploy', async () => {
    await using app = await createManifestsProject(gitkube);
    const worker = deployment('worker', { image: rig().baseImage, command: ['sh', '-c', 'echo lost; exit 5'] });
    await app.write('k8s/app.yaml', yaml(deployment(), service(), worker));
    await app.commit('with a worker');
    const pushed = await app.push();
    expect(pushed.output).toContain('lost');
    expect(pushed.code).toBe(1);
    expect(names(await app.kubectl('get', 'deployments', '-o', 'name'))).toEqual([]);
  });
});

describe('a custom object', () => {
  const group = `kinds-${randomBytes(4).toString('hex')}.example.com`;
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
  const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'one' }, spec: { size: 1 } };

  beforeAll(async () => {
    await mustKubectl(['apply', '-f', '-'], definition);
    await mustKubectl(['wait', '--for=condition=Established', `crd/widgets.${group}`, '--timeout=120s']);
  });
  afterAll(() => mustKubectl(['delete', 'crd', `widgets.${group}`]));

  async function withWidget(app: Project): Promise<void> {
    await app.kubectl('create', 'role', 'widgets', '--verb=*', `--resource=widgets.${group}`);
    const subject = `--serviceaccount=${app.namespace}:gitkube-deployer`;
    await app.kubectl('create', 'rolebinding', 'widgets', '--role=widgets', subject);
    await app.write('k8s/app.yaml', yaml(widget));
    await app.commit('with a widget');
  }

  /** Plays the controller of the kind, once the object is there: long before a push believes one that says nothing. */
  async function says(app: Project, status: object): Promise<void> {
    const path = `/apis/${group}/v1/namespaces/${app.namespace}/widgets/one`;
    await eventually(async () => {
      const found = JSON.parse(await callApi('GET', path)) as object;
      return callApi('PUT', `${path}/status`, { ...found, status });
    });
  }

  it('that says nothing about itself is named as not judged', async () => {
    await using app = await project();
    await withWidget(app);
    const pushed = await app.push();
    expect(pushed.output).toContain('not judged, because nothing in their status says whether they work: Widget/one');
    expect(pushed.code).toBe(0);
  });

  it('that is not ready is waited for, and that has stalled ends the push', async () => {
    await using app = await project();
    await withWidget(app);
    const notReady = { type: 'Ready', status: 'False', reason: 'Pending', message: 'the quota is used up' };
    const [ready] = await Promise.all([
      app.push(),
      says(app, { conditions: [notReady] }).then(() =>
        says(app, { conditions: [{ ...notReady, status: 'True', message: '' }] }),
      ),
    ]);
    expect(ready.output).toContain('Released releases/1');
    expect(ready.code).toBe(0);
    await app.kubectl('delete', 'widget', 'one');
    await app.commit('again');
    const stalled = { type: 'Stalled', status: 'True', reason: 'BadSize', message: 'a size of 1 is too small' };
    const [pushed] = await Promise.all([app.push(), says(app, { conditions: [stalled] })]);
    expect(pushed.output).toContain('Widget/one has failed: a size of 1 is too small');
    expect(pushed.code).toBe(1);
  });
});

function pod(name: string, restartPolicy: string, script: string): object {
  const container = { name: 'web', image: rig().baseImage, command: ['sh', '-c', script] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { restartPolicy, terminationGracePeriodSeconds: 0, containers: [container] },
  };
}
