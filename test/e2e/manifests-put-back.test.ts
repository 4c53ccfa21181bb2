import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { configMap, createManifestsProject, deployment, service, yaml } from '../support/manifests.ts';
import { appDockerfile, type Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const kinds = 'deployments,services,configmaps,serviceaccounts,pods';

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly managedFields?: readonly { manager: string; time?: string }[];
  } & Record<string, unknown>;
}

interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data?: { readonly a?: string };
}

/** What a push may change, with the owners of every field, without what the API server counts up. */
async function contents(project: Project): Promise<unknown> {
  const text = await project.kubectl('get', kinds, '-o', 'json', '--show-managed-fields');
  const list = text.replace(/"deployment.kubernetes.io\/revision": "\d+"/g, '"deployment.kubernetes.io/revision": ""');
  return (JSON.parse(list) as { items: Listed[] }).items
    .filter(({ kind }) => kind !== 'Pod')
    .map(({ metadata: { managedFields = [], resourceVersion: _, generation: __, ...metadata }, ...object }) => ({
      ...object,
      status: undefined,
      metadata,
      owners: managedFields.filter(({ manager }) => manager === 'gitkube').map(({ time: ___, ...owner }) => owner),
    }));
}

/** The Deployment of the tests that look at no pod. */
const idle = (changes: { readonly env?: string } = {}) => deployment('www', { ...changes, replicas: 0 });

async function firstRelease(project: Project, more: readonly object[] = [], www = deployment()): Promise<void> {
  await project.write('k8s/app.yaml', yaml(www, service(), ...more));
  await project.commit('first');
  expect((await project.push()).code).toBe(0);
}

describe.concurrent('a push that fails after manifests were applied restores everything:', () => {
  it('what it changed and what it created, and nothing is pruned', async () => {
    await using project = await createManifestsProject(gitkube);
    await firstRelease(project, [configMap('settings', { a: '1', b: '1' }), configMap('old', {})]);
    await project.kubectl('patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"c":"by hand"}}');
    const before = await contents(project);
    await project.writeApp('www', 'www 2', appDockerfile('', 'echo cannot start; exit 1'));
    await project.write(
      'k8s/app.yaml',
      yaml(
        deployment('www', { replicas: 2, env: 'green' }),
        {
          ...service(),
          spec: {
            selector: { app: 'www' },
            ports: [
              { port: 80, targetPort: 9999 },
              { name: 'b', port: 81 },
            ].map((port, index) => ({ name: `p${index}`, ...port })),
          },
        },
        configMap('settings', { a: '2' }, { labels: { x: 'y' } }),
        configMap('new', {}),
      ),
    );
    await project.commit('crashes');
    const { output, code } = await project.push();
    expect(code).toBe(1);
    expect(output).toContain('cannot start');
    expect(output).toContain('manifests: 3 objects restored: ');
    expect(output).toContain('manifests: deleted what this deploy created: ConfigMap/new');
    expect(await contents(project)).toEqual(before);
    expect(await project.page()).toBe('www 1');
    await project.writeApp('www', 'www 3');
    await project.commit('works');
    const next = await project.push();
    expect(next.code).toBe(0);
    expect(next.output).toContain('ConfigMap/old: is no longer in the manifests, deleted');
    expect(await project.kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data}')).toBe(
      '{"a":"2","c":"by hand"}',
    );
  });

  it('a first push leaves nothing behind', async () => {
    await using project = await createManifestsProject(gitkube);
    const before = await contents(project);
    await project.writeApp('www', 'www 1', appDockerfile('', 'echo cannot start; exit 1'));
    await project.write('k8s/app.yaml', yaml(deployment(), service(), configMap('settings', {})));
    await project.commit('crashes');
    const { output, code } = await project.push();
    expect(output).toContain('cannot start');
    expect(code).toBe(1);
    expect(await contents(project)).toEqual(before);
  });

  it('also when an object without a dry run is refused as it is applied', async () => {
    await using project = await createManifestsProject(gitkube, {
      labels: { 'pod-security.kubernetes.io/enforce': 'baseline' },
    });
    await firstRelease(project, [], idle());
    const before = await contents(project);
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'late' } };
    // Its account is not there yet, and that is all that a dry run hears.
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'host' },
      spec: {
        serviceAccountName: 'late',
        containers: [{ name: 'host', image: rig().baseImage }],
        volumes: [{ name: 'root', hostPath: { path: '/' } }],
      },
    };
    await project.write('k8s/app.yaml', yaml(idle({ env: 'green' }), service(), account, pod));
    await project.commit('hides a pod');
    const { output, code } = await project.push();
    expect(output).toContain('the API server refuses Pod/host: pods "host" is forbidden: violates PodSecurity');
    expect(output).toContain('manifests: deleted what this deploy created: ServiceAccount/late');
    expect(code).toBe(1);
    expect(await contents(project)).toEqual(before);
  });
});

describe.concurrent('a server that is killed', () => {
  it('in the middle of applying restores at its next start what it had applied', async () => {
    await using proxy = await HoldingProxy.start();
    await using own = await Gitkube.start({ GITKUBE_KUBECONFIG: proxy.kubeconfig });
    await using project = await createManifestsProject(own);
    await firstRelease(project, [configMap('settings', { a: '1' })], idle());
    const before = await contents(project);
    const many = Array.from({ length: 30 }, (_, index) => configMap(`c-${index}`, {}));
    await project.write(
      'k8s/app.yaml',
      yaml(
        ...many.slice(0, 10),
        configMap('settings', { a: '2' }),
        ...many.slice(10),
        idle({ env: 'green' }),
        service(),
      ),
    );
    await project.commit('many');
    const reached = proxy.hold('PATCH', 'configmaps/c-20');
    const pushing = project.push();
    await reached;
    await own.kill();
    expect((await pushing).code).not.toBe(0);
    const names = (await project.kubectl('get', 'configmaps', '-o', 'name')).split('\n');
    expect(names).toContain('configmap/c-19');
    expect(names).not.toContain('configmap/c-20');
    await own.start();
    await own.recovered();
    expect(await contents(project)).toEqual(before);
    const again = await project.push();
    expect(again.output).toContain('manifests: 33 objects, 30 created, 2 changed');
    expect(again.code).toBe(0);
  });

  it('while the new version starts restores manifests and workloads', async () => {
    await using own = await Gitkube.start();
    await using project = await createManifestsProject(own);
    await firstRelease(project, [configMap('settings', { a: '1' })]);
    const before = await contents(project);
    await project.writeApp('www', 'www 2', appDockerfile('', 'sleep 3600'));
    await project.write(
      'k8s/app.yaml',
      yaml(deployment('www', { env: 'green' }), service(), configMap('settings', { a: '2' })),
    );
    await project.commit('never ready');
    const pushing = project.push();
    await eventually(async () => {
      const maps = await project.list<ConfigMap>('/api/v1/configmaps');
      return maps.some(({ metadata, data }) => metadata.name === 'settings' && data?.a === '2');
    });
    await eventually(async () => (await project.list('/apis/apps/v1/replicasets')).length === 2);
    await own.kill();
    await pushing;
    await own.start();
    await own.recovered();
    expect(await contents(project)).toEqual(before);
    expect(await project.page()).toBe('www 1');
  });

  it('while it prunes finishes that at its next start', async () => {
    await using proxy = await HoldingProxy.start();
    await using own = await Gitkube.start({ GITKUBE_KUBECONFIG: proxy.kubeconfig });
    await using project = await createManifestsProject(own);
    const maps = Array.from({ length: 20 }, (_, index) => configMap(`c-${index}`, {}));
    await firstRelease(project, maps, idle());
    const left = async () =>
      (await project.kubectl('get', 'configmaps', '-l', 'gitkube.sh/remote=app', '-o', 'name'))
        .split('\n')
        .filter(Boolean);
    await project.write('k8s/app.yaml', yaml(idle({ env: 'green' }), service()));
    const commit = await project.commit('none');
    const reached = proxy.hold('DELETE', 'configmaps/c-5');
    const pushing = project.push();
    await reached;
    await own.kill();
    await pushing;
    expect(await left()).toHaveLength(15);
    await own.start();
    await own.recovered();
    expect(await left()).toEqual([]);
    const { stdout } = await project.tryGit(['ls-remote', project.url]);
    expect(stdout).toContain(`${commit}\trefs/heads/main`);
    expect(stdout).toContain('refs/tags/releases/2');
  });
});

describe.concurrent('an object that is held by a finalizer', () => {
  it('is named when the push is rolled back, and stops neither the next push nor the server', async () => {
    await using own = await Gitkube.start();
    await using project = await createManifestsProject(own);
    await firstRelease(project);
    const held = (index: number) => configMap(`held-${index}`, {}, { finalizers: ['example.com/held'] });
    const crashing = deployment('www', { command: ['sh', '-c', 'exit 1'] });
    await project.write('k8s/app.yaml', yaml(crashing, service(), ...[1, 2, 3, 4, 5].map(held)));
    await project.commit('crashes');
    const { output, code } = await project.push();
    expect(code).toBe(1);
    expect(output).toContain('ConfigMap/held-1: is deleted and not gone yet (finalizers ["example.com/held"])');
    expect(await project.page()).toBe('www 1');
    await project.write('k8s/app.yaml', yaml(deployment('www', { env: 'green' }), service(), held(1)));
    await project.commit('again');
    expect((await project.push()).output).toContain('ConfigMap/held-1 is being deleted');
    await own.stop();
    await own.start();
    const release = (index: number) =>
      project.kubectl('patch', 'configmap', `held-${index}`, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await Promise.all([1, 2, 3, 4, 5].map(release));
    await project.write('k8s/app.yaml', yaml(deployment('www', { env: 'green' }), service()));
    await project.commit('runs');
    expect((await project.push()).code).toBe(0);
  }, 240_000);
});

describe.concurrent('an older release', () => {
  it('that is pushed again has its own manifests applied', async () => {
    await using project = await createManifestsProject(gitkube);
    await firstRelease(project, [configMap('first', { a: '1' })], idle());
    const first = (await project.git('rev-parse', 'HEAD')).trim();
    await project.write('k8s/app.yaml', yaml(idle({ env: 'green' }), service(), configMap('second', {})));
    await project.commit('second');
    expect((await project.push()).code).toBe(0);
    const back = await project.push('--force', `${first}:main`);
    expect(back.output).toContain('1 created, 1 changed: ConfigMap/first, Deployment/www');
    expect(back.output).toContain('ConfigMap/second: is no longer in the manifests, deleted');
    expect(back.code).toBe(0);
    expect(await project.kubectl('get', 'configmap', 'first', '-o', 'jsonpath={.data.a}')).toBe('1');
  });
});

describe.concurrent('workloads of the manifests', () => {
  it('of other kinds are created and waited for, and a Deployment that is neither there nor among them is named', async () => {
    await using project = await createManifestsProject(gitkube, {
      spec: { deployments: [{ name: 'www', kind: 'StatefulSet', containers: [{ name: 'www', path: 'www' }] }] },
    });
    const set = { ...(deployment() as { spec: object }), kind: 'StatefulSet' };
    await project.write('k8s/app.yaml', yaml({ ...set, spec: { ...set.spec, serviceName: 'www' } }, service()));
    await project.commit('a StatefulSet');
    const { output, code } = await project.push();
    expect(output).toContain('2 created: Service/www, StatefulSet/www');
    expect(output).toContain('www: rolled out');
    expect(code).toBe(0);
    expect(await project.page()).toBe('www 1');
    await project.applyRemote({
      deployments: [{ name: 'api', containers: [{ name: 'api', path: 'www' }] }],
      manifests: { path: 'k8s' },
    });
    await project.commit('again');
    const missing = await project.push();
    expect(missing.output).toMatch(/error: .*api/);
    expect(missing.output).not.toMatch(/: building /);
    expect(missing.code).toBe(1);
  });
});
