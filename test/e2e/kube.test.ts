/** What the typed calls make of the answers of a real API server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createKube, type JsonPatch, type Kube } from '../../kube/index.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { rig } from '../support/rig.ts';

let namespace: TestNamespace;
let kube: Kube;
let uid: string;

beforeAll(async () => {
  namespace = await TestNamespace.create('kube');
  kube = createKube({ kubeconfig: rig().kubeconfig, log: silentLogger, clock: systemClock });
  const template = {
    metadata: { labels: { app: 'www' } },
    spec: { containers: [{ name: 'web', image: rig().baseImage }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: { app: 'www' } }, template };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'www' }, spec };
  await mustKubectl(['apply', '-n', namespace.name, '-f', '-'], deployment);
  uid = (await kube.getWorkload('Deployment', namespace.name, 'www'))?.metadata?.uid ?? '';
});

afterAll(() => namespace?.[Symbol.asyncDispose]());

const container = '/spec/template/spec/containers/0';
const patch = (...ops: JsonPatch) => kube.patchWorkload('Deployment', namespace.name, 'www', ops);

describe('patchWorkload', () => {
  it('changes what its tests hold for, as the field manager gitkube', async () => {
    const patched = await patch(
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: `${container}/name`, value: 'web' },
      { op: 'replace', path: `${container}/image`, value: 'example.invalid/web:1' },
    );
    expect(patched).toHaveProperty('spec.template.spec.containers.0.image', 'example.invalid/web:1');
    expect(patched.metadata?.managedFields?.map(({ manager }) => manager)).toContain('gitkube');
  });

  it.each<[string, JsonPatch[number]]>([
    ['another uid', { op: 'test', path: '/metadata/uid', value: 'other' }],
    ['another container', { op: 'test', path: `${container}/name`, value: 'other' }],
    ['no such container', { op: 'test', path: '/spec/template/spec/containers/3/name', value: 'web' }],
    ['another version', { op: 'replace', path: '/metadata/resourceVersion', value: '1' }],
  ])('is WorkloadChanged with %s', async (_what, op) => {
    await expect(patch(op)).rejects.toMatchObject({ reason: 'WorkloadChanged', kind: 'transient' });
  });

  it('is PatchRefused with the words of validation', async () => {
    const refused = patch({ op: 'replace', path: `${container}/name`, value: 'Not A Name' });
    await expect(refused).rejects.toMatchObject({
      reason: 'PatchRefused',
      message: expect.stringContaining('spec.template.spec.containers[0].name: Invalid value: "Not A Name"'),
    });
  });

  it('is PatchRefused without the object when it does not even fit the type', async () => {
    const refused = patch({ op: 'replace', path: `${container}/image`, value: 5 });
    await expect(refused).rejects.toMatchObject({
      reason: 'PatchRefused',
      message: expect.not.stringContaining('containers\\":'),
    });
  });

  it('is PatchRefused with the words of an admission policy', async () => {
    const name = `refuse-${namespace.name}`;
    const resourceRules = [
      { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] },
    ];
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace.name } };
    const variables = { expression: "!object.spec.template.spec.containers.exists(c, c.image.contains('forbidden'))" };
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules, namespaceSelector },
        validations: [{ ...variables, message: 'images from there are not allowed', reason: 'Forbidden' }],
      },
    };
    const binding = {
      ...policy,
      kind: `${policy.kind}Binding`,
      spec: { policyName: name, validationActions: ['Deny'] },
    };
    await mustKubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: [policy, binding] });
    try {
      // A policy takes a moment until it is in force.
      const refusal = async () => {
        for (;;) {
          const op = { op: 'replace', path: `${container}/image`, value: `forbidden/${Math.random()}` } as const;
          const error = await patch(op).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (error) return error;
        }
      };
      expect(await refusal()).toMatchObject({
        reason: 'PatchRefused',
        message: expect.stringContaining('images from there are not allowed'),
      });
    } finally {
      await mustKubectl(['delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', name]);
    }
  });

  it('of no Deployment is WorkloadNotFound', async () => {
    await expect(kube.patchWorkload('Deployment', namespace.name, 'none', [])).rejects.toMatchObject({
      reason: 'WorkloadNotFound',
    });
  });
});

describe('deletePod', () => {
  it('deletes the pod of that uid alone', async () => {
    const spec = { containers: [{ name: 'web', image: rig().baseImage }], terminationGracePeriodSeconds: 0 };
    const labels = { app: 'lone' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lone', labels }, spec };
    await mustKubectl(['apply', '-n', namespace.name, '-f', '-'], pod);
    const [made] = await kube.listPods(namespace.name, 'app=lone');
    await kube.deletePod(namespace.name, 'lone', 'of-another');
    expect(await kube.listPods(namespace.name, 'app=lone')).toMatchObject([{ metadata: { uid: made?.metadata?.uid } }]);
    await kube.deletePod(namespace.name, 'lone', made?.metadata?.uid ?? '');
    await mustKubectl(['wait', '-n', namespace.name, '--for=delete', 'pod/lone', '--timeout=120s']);
    await kube.deletePod(namespace.name, 'lone', made?.metadata?.uid ?? '');
  });
});

describe('what is not there', () => {
  it('is undefined, empty or no error', async () => {
    expect(await kube.getWorkload('Deployment', namespace.name, 'none')).toBeUndefined();
    expect(await kube.getSecret(namespace.name, 'none')).toBeUndefined();
    expect(await kube.listPods(namespace.name, 'app=none')).toEqual([]);
    expect(await kube.listEvents(namespace.name, 'none')).toEqual([]);
    expect(await kube.podLog(namespace.name, 'none', { container: 'web', tailLines: 5, previous: true })).toEqual([]);
    expect(await kube.patchEvent(namespace.name, 'none', { count: 2 })).toBe(false);
    await kube.patchRemoteStatus(namespace.name, 'none', { remoteUrl: 'ssh://nowhere' });
  });
});

describe('a service account without rights', () => {
  it('gets the missing right named, by its own token', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-kubeconfig-'));
    try {
      const token = (await mustKubectl(['create', 'token', 'default', '-n', namespace.name])).trim();
      const config = JSON.parse(await mustKubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
      config.users[0].user = { token };
      await writeFile(join(folder, 'kubeconfig'), JSON.stringify(config));
      const poor = createKube({ kubeconfig: join(folder, 'kubeconfig'), log: silentLogger, clock: systemClock });
      await expect(poor.getSecret(namespace.name, 'registry')).rejects.toMatchObject({
        reason: 'ClusterForbidden',
        message: `gitkube may not get secrets in namespace ${namespace.name}`,
      });
      await expect(poor.patchWorkload('Deployment', namespace.name, 'www', [])).rejects.toMatchObject({
        reason: 'ClusterForbidden',
        message: `gitkube may not patch deployments in namespace ${namespace.name}`,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
