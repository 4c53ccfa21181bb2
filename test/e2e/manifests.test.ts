import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import {
  claim,
  configMap,
  createManifestsProject,
  deployment,
  ingress,
  manifestsOnly,
  placeholder,
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

/** Of the tests that look at no pod. */
const idle = deployment('www', { replicas: 0 });

/** Every image that a ReplicaSet of the namespace was ever made for. */
async function imagesEver(project: Project): Promise<string[]> {
  const path = 'jsonpath={.items[*].spec.template.spec.containers[*].image}';
  return (await project.kubectl('get', 'replicasets', '-o', path)).split(' ').filter(Boolean);
}

describe('manifests of the repository', () => {
  it('create on the first push what it deploys, in the namespace of the Remote, and never with the placeholder', async () => {
    await using project = await createManifestsProject(gitkube);
    const host = `${project.namespace}.example.com`;
    await project.write('k8s/app.yaml', yaml(deployment(), service(), ingress(host)));
    await project.write(
      'k8s/deeper/config.yml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1"}\n',
    );
    await project.commit('manifests');
    const first = await project.push();
    expect(first.output).toContain(
      'manifests: 4 objects, 4 created: ConfigMap/settings, Service/www, Deployment/www, Ingress/www',
    );
    expect(first.output).toContain('www: rolled out');
    expect(first.output).toMatch(new RegExp(`remote: {3}www: http://${host}/ *\nremote: Released releases/1`));
    expect(first.code).toBe(0);
    expect(await project.page()).toBe('www 1');
    expect(await project.kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.a}')).toBe('1');

    await project.writeApp('www', 'www 2');
    await project.commit('second version, same manifests');
    const second = await project.push();
    expect(second.code).toBe(0);
    expect(await project.page()).toBe('www 2');

    await project.write('README.md', 'words\n');
    await project.commit('words only');
    const third = await project.push();
    expect(third.output).toContain('manifests: 4 objects, none changed');
    expect(third.output).toContain('nothing to build, nothing to roll out');
    const images = await imagesEver(project);
    expect(images).toHaveLength(2);
    expect(images).not.toContain(placeholder);
    const elsewhere = [
      '-n',
      'default',
      'get',
      'deployment,service,configmap',
      '-l',
      'gitkube.sh/remote=app',
      '-o',
      'name',
    ];
    expect(await project.kubectl(...elsewhere)).toBe('');
  });

  it('are applied and waited for also when nothing else changed', async () => {
    await using project = await createManifestsProject(gitkube);
    await project.write('k8s/app.yaml', yaml(deployment(), service()));
    await project.commit('manifests');
    await project.push();
    await project.write('k8s/app.yaml', yaml(deployment('www', { env: 'green' }), service()));
    await project.commit('green');
    const pushed = await project.push();
    expect(pushed.output).toContain('1 changed: Deployment/www');
    expect(pushed.output).toContain('www: rolled out');
    expect(pushed.output).toContain('nothing to build, rollout');
    expect(pushed.code).toBe(0);
    const env = 'jsonpath={.spec.template.spec.containers[0].env[0].value}';
    expect(await project.kubectl('get', 'deployment', 'www', '-o', env)).toBe('green');
    expect(await imagesEver(project)).not.toContain(placeholder);
  });

  it('leave the number of replicas to an autoscaler until they change it', async () => {
    await using project = await createManifestsProject(gitkube);
    const replicas = () => project.kubectl('get', 'deployment', 'www', '-o', 'jsonpath={.spec.replicas}');
    await project.write('k8s/app.yaml', yaml(deployment('www', { replicas: 1 }), service()));
    await project.commit('one');
    await project.push();
    await project.kubectl('scale', 'deployment', 'www', '--replicas=2');
    await project.writeApp('www', 'www 2');
    await project.commit('another version');
    const scaled = await project.push();
    expect(scaled.output).toContain('somebody scaled it to 2, that stays');
    expect(scaled.code).toBe(0);
    expect(await replicas()).toBe('2');
    await project.write('k8s/app.yaml', yaml(deployment('www', { replicas: 3 }), service()));
    await project.commit('three');
    await project.push();
    expect(await replicas()).toBe('3');
  });

  it('need no deployments: a push waits for the workloads that they have', async () => {
    await using project = await manifestsOnly(gitkube, { manifests: { path: '.' } });
    const image = rig().baseImage;
    await project.write(
      'sleeper.yaml',
      yaml({ ...deployment('sleeper', { image, command: ['sh', '-c', 'echo no reason to stay; exit 1'] }) }),
    );
    await project.commit('with an image that exits at once');
    const refused = await project.push();
    expect(refused.output).toContain('no reason to stay');
    expect(refused.code).toBe(1);
    expect(await project.kubectl('get', 'deployments', '-o', 'name')).toBe('');
    await project.write('sleeper.yaml', yaml(configMap('only', { a: 'b' })));
    await project.commit('no workload at all');
    const pushed = await project.push();
    expect(pushed.output).toContain('Released releases/1');
    expect(pushed.code).toBe(0);
  });

  it('are compared object by object in a dry run', async () => {
    await using project = await createManifestsProject(gitkube);
    await project.write('k8s/app.yaml', yaml(idle, service(), configMap('old', {})));
    await project.commit('first');
    await project.push();
    await project.write(
      'k8s/app.yaml',
      yaml(idle, { ...service(), spec: { selector: { app: 'www' }, ports: [{ port: 81 }] } }, configMap('new', {})),
    );
    await project.commit('second');
    const dry = await project.push('-o', 'dry-run', 'HEAD:main');
    expect(dry.output).toContain('ConfigMap/new: would be created');
    expect(dry.output).toContain('Service/www: would be changed');
    expect(dry.output).toContain('Deployment/www: is unchanged');
    expect(dry.output).toContain('ConfigMap/old: is no longer in the manifests, would be deleted');
    expect(dry.code).toBe(1);
    expect(await project.kubectl('get', 'configmaps', '-l', 'gitkube.sh/remote=app', '-o', 'name')).toBe(
      'configmap/old\n',
    );
  });
});

describe('an object that the manifests no longer have', () => {
  it('is deleted once the release is out; one that somebody took over, and a volume, stay', async () => {
    await using project = await createManifestsProject(gitkube);
    await using later = await VolumesLater.create();
    await project.write(
      'k8s/app.yaml',
      yaml(idle, service(), configMap('old', {}), configMap('taken', {}), claim('data', later.name)),
    );
    await project.commit('first');
    await project.push();
    await project.kubectl('label', 'configmap', 'taken', 'gitkube.sh/remote-');
    await project.write('k8s/app.yaml', yaml(idle, service()));
    await project.commit('without');
    const pushed = await project.push();
    expect(pushed.output).toContain('ConfigMap/old: is no longer in the manifests, deleted');
    expect(pushed.output).toMatch(
      /PersistentVolumeClaim\/data: is no longer in the manifests and stays: kubectl -n \S+ delete/,
    );
    expect(pushed.code).toBe(0);
    await eventually(async () => {
      const left = await project.list<{ readonly metadata: { readonly name: string } }>('/api/v1/configmaps');
      return left.every(({ metadata }) => metadata.name !== 'old');
    });
    expect(await project.kubectl('get', 'configmaps', '-o', 'name')).toContain('configmap/taken');
    expect(await project.kubectl('get', 'pvc', '-o', 'name')).toContain('data');
  });

  it('stays where prune is false', async () => {
    await using project = await createManifestsProject(gitkube, { manifests: { prune: false } });
    await project.write('k8s/app.yaml', yaml(idle, service(), configMap('old', {})));
    await project.commit('first');
    await project.push();
    await project.write('k8s/app.yaml', yaml(idle, service()));
    await project.commit('without');
    expect((await project.push()).code).toBe(0);
    expect(await project.kubectl('get', 'configmaps', '-o', 'name')).toContain('configmap/old');
  });
});
