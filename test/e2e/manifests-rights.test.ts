import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, deployment, makeAccount, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const rbac = 'rbac.authorization.k8s.io/v1';
const grab = (namespace: string) => ({
  apiVersion: rbac,
  kind: 'ClusterRoleBinding',
  metadata: { name: `grab-${namespace}` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: 'gitkube-deployer', namespace }],
});
const onTheHost = {
  containers: [{ name: 'host', image: rig().baseImage, volumeMounts: [{ name: 'root', mountPath: '/host' }] }],
  volumes: [{ name: 'root', hostPath: { path: '/' } }],
};

/** Everything that a push could have made, but what Kubernetes puts into each namespace. */
async function contents(project: Project): Promise<string> {
  const kinds = 'deployments,replicasets,pods,services,configmaps,roles,rolebindings,secrets';
  return project.kubectl(
    'get',
    kinds,
    '-o',
    'custom-columns=KIND:.kind,NAME:.metadata.name,V:.metadata.resourceVersion',
  );
}

/** Pushes the app with these objects beside it; it is refused, and nothing is another than before. */
async function refused(project: Project, ...objects: object[]): Promise<string> {
  await project.write('k8s/app.yaml', yaml(configMap('innocent', {}), deployment(), service(), ...objects));
  await project.commit('grabs rights');
  const before = await contents(project);
  const { output, code } = await project.push();
  expect(code).toBe(1);
  expect(output).not.toMatch(/: building /);
  expect(await contents(project)).toBe(before);
  return output;
}

describe.concurrent('a manifest that grabs rights is refused by the API server for the account it is applied as, and nothing is changed:', () => {
  it('a ClusterRoleBinding', async () => {
    await using project = await createManifestsProject(gitkube);
    const output = await refused(project, grab(project.namespace));
    expect(output).toContain(
      `clusterrolebindings.rbac.authorization.k8s.io "grab-${project.namespace}" is forbidden: User "system:serviceaccount:${project.namespace}:gitkube-deployer" cannot patch resource "clusterrolebindings"`,
    );
    expect(output).toContain('hint: leave the ClusterRoleBinding out of the manifests');
    expect(await project.kubectl('get', 'clusterrolebindings', '-o', 'name')).not.toContain('grab');
  });

  it('an object of another namespace, also when the account has rights there', async () => {
    await using project = await createManifestsProject(gitkube);
    await using other = await createManifestsProject(gitkube, { role: undefined });
    const there = configMap('planted', { a: 'b' }, { namespace: other.namespace });
    const output = await refused(project, there);
    expect(output).toContain(
      `ConfigMap/planted sets namespace ${other.namespace}, but this Remote deploys to ${project.namespace}`,
    );
    expect(output).toContain(
      `hint: remove metadata.namespace, and Gitkube applies ConfigMap/planted in ${project.namespace}; if it belongs in ${other.namespace}, apply it with kubectl instead`,
    );
    const subject = `--serviceaccount=${project.namespace}:gitkube-deployer`;
    await other.kubectl('create', 'rolebinding', 'guest', '--clusterrole=edit', subject);
    const again = await refused(project, there);
    expect(again).toContain(
      `ConfigMap/planted sets namespace ${other.namespace}, but this Remote deploys to ${project.namespace}`,
    );
    expect(await other.kubectl('get', 'configmaps', '-o', 'name')).not.toContain('planted');
  });

  it('an object of a namespace that the same push would create', async () => {
    await using project = await createManifestsProject(gitkube);
    const name = `${project.namespace}-more`;
    const more = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    const output = await refused(project, more, configMap('planted', {}, { namespace: name }));
    expect(output).toContain(
      `Namespace/${name}: ServiceAccount gitkube-deployer may not patch namespaces of the whole cluster`,
    );
    expect(output).toContain('(and 1 other error)');
    expect(output).toContain(`ConfigMap/planted sets namespace ${name}`);
  });

  it('a pod that mounts the node, where the namespace enforces a Pod Security level', async () => {
    await using project = await createManifestsProject(gitkube, {
      labels: { 'pod-security.kubernetes.io/enforce': 'baseline' },
    });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'host' }, spec: onTheHost };
    const output = await refused(project, pod);
    expect(output).toContain(
      'the API server refuses Pod/host: pods "host" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "root")',
    );
    expect(output).toContain(`type: kubectl get namespace ${project.namespace} --show-labels`);
  });

  it('a Deployment whose pods mount the node: none is created, and the running version goes on', async () => {
    await using project = await createManifestsProject(gitkube, {
      labels: { 'pod-security.kubernetes.io/enforce': 'baseline' },
    });
    await project.write('k8s/app.yaml', yaml(deployment(), service()));
    await project.commit('first');
    expect((await project.push()).code).toBe(0);
    const grabbing = deployment() as { spec: { template: { spec: { containers: object[] } } } };
    const [container] = grabbing.spec.template.spec.containers;
    const volumeMounts = [{ name: 'root', mountPath: '/host' }];
    const spec = { containers: [{ ...container, volumeMounts }], volumes: onTheHost.volumes };
    const changed = { ...grabbing, spec: { ...grabbing.spec, template: { ...grabbing.spec.template, spec } } };
    await project.write('k8s/app.yaml', yaml(changed, service(), configMap('beside', {})));
    await project.commit('mounts the node');
    const { output, code } = await project.push();
    expect(code).toBe(1);
    expect(output).toMatch(/is forbidden: violates PodSecurity "baseline:latest": hostPath volumes \(volume "root"\)/);
    expect(output).toContain('manifests: 1 object restored: Deployment/www');
    expect(output).toContain('manifests: deleted what this deploy created: ConfigMap/beside');
    const volumes = 'jsonpath={.spec.template.spec.volumes}';
    expect(await project.kubectl('get', 'deployment', 'www', '-o', volumes)).toBe('');
    expect(await project.kubectl('get', 'configmaps', '-o', 'name')).not.toContain('beside');
    expect(await project.page()).toBe('www 1');
  });

  it('a Role that allows more than the account may do', async () => {
    await using project = await createManifestsProject(gitkube, { role: 'admin' });
    const role = {
      apiVersion: rbac,
      kind: 'Role',
      metadata: { name: 'more' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    };
    const output = await refused(project, role);
    expect(output).toContain('roles.rbac.authorization.k8s.io "more" is forbidden');
    expect(output).toContain('is attempting to grant RBAC permissions not currently held');
    expect(output).toContain(
      'hint: ask an administrator of the cluster to grant these rights to ServiceAccount gitkube-deployer first: a Role can only grant what its creator has',
    );
  });

  it('a Secret, where the account may touch configuration only', async () => {
    await using project = await createManifestsProject(gitkube, { role: undefined });
    await project.kubectl('create', 'role', 'few', '--verb=get,create,patch,delete', '--resource=configmaps,services');
    await project.kubectl('create', 'serviceaccount', 'gitkube-deployer');
    await project.kubectl(
      'create',
      'rolebinding',
      'few',
      '--role=few',
      `--serviceaccount=${project.namespace}:gitkube-deployer`,
    );
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine' }, stringData: { a: 'b' } };
    const output = await refused(project, secret);
    expect(output).toMatch(/ServiceAccount gitkube-deployer may not patch (?:secrets|deployments) in namespace/);
    // It is there and bound, so neither has to be made.
    expect(output).not.toContain('create serviceaccount');
    expect(output).toContain(
      `kubectl -n ${project.namespace} create role gitkube-deployer-secrets --verb=get,list,watch`,
    );
  });
});

describe.concurrent('the account', () => {
  it('that the Remote names is the one that counts', async () => {
    await using project = await createManifestsProject(gitkube, { manifests: { serviceAccountName: 'reader' } });
    await makeAccount(project, 'view', 'reader');
    const output = await refused(project);
    expect(output).toContain(`ServiceAccount reader may not patch configmaps in namespace ${project.namespace}`);
  });
});

describe.concurrent('a change that Kubernetes does not make', () => {
  it('is reported with what to type instead', async () => {
    await using project = await createManifestsProject(gitkube);
    const selecting = (label: string) => {
      const made = deployment('www', { replicas: 0 }) as { spec: object };
      const template = {
        metadata: { labels: { app: label } },
        spec: { containers: [{ name: 'www', image: 'x.invalid/y' }] },
      };
      return { ...made, spec: { ...made.spec, selector: { matchLabels: { app: label } }, template } };
    };
    await project.write('k8s/app.yaml', yaml(selecting('www'), service()));
    await project.commit('first');
    expect((await project.push()).code).toBe(0);
    await project.write('k8s/app.yaml', yaml(selecting('other'), service()));
    await project.commit('second');
    const { output, code } = await project.push();
    expect(output).toContain('the API server refuses Deployment/www: ');
    expect(output).toContain('field is immutable');
    expect(output).toContain('hint: restore spec.selector: {"matchLabels":{"app":"www"}} in the manifest');
    expect(output).toContain(
      `or replace the Deployment, which stops its pods: type kubectl -n ${project.namespace} delete deployment www, and push again`,
    );
    expect(code).toBe(1);
  });
});

describe.concurrent('a name', () => {
  it('that would lead elsewhere in the API is refused', async () => {
    await using project = await createManifestsProject(gitkube);
    const output = await refused(project, configMap('..', {}));
    expect(output).toContain('k8s/app.yaml: a ConfigMap has no valid metadata.name');
  });
});
