import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, deployment, manifestsOnly, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const envOf = (app: Project) =>
  app.kubectl(
    'get',
    'deployment',
    'www',
    '-o',
    'jsonpath={range .spec.template.spec.containers[0].env[*]}{.name}={.value} {end}',
  );

/** Idle: a Deployment of which no pod is made. */
function idle(...env: [string, string][]): object {
  const made = deployment('www', { replicas: 0 }) as { spec: { template: { spec: { containers: [object] } } } };
  const [container] = made.spec.template.spec.containers;
  made.spec.template.spec.containers = [{ ...container, env: env.map(([name, value]) => ({ name, value })) }];
  return made;
}

describe('an object that kubectl apply made', () => {
  it('loses what the manifests do not have, and is exactly what it was after a push that failed', async () => {
    await using app = await createManifestsProject(gitkube);
    await app.kubectl('create', 'configmap', 'made', '--from-literal=old=1');
    const namespace = { metadata: { namespace: app.namespace } };
    const placed = (object: object) => ({
      ...object,
      metadata: { ...(object as typeof namespace).metadata, namespace: app.namespace },
    });
    await app.apply(placed(idle(['OLD', '1'], ['KEPT', '1'])), placed(configMap('applied', { old: '1', kept: '1' })));
    const managers = 'jsonpath={.metadata.managedFields[*].manager}';
    const before = await app.kubectl('get', 'configmap', 'applied', '-o', managers, '--show-managed-fields');
    const objects = [
      idle(['KEPT', '1']),
      service(),
      configMap('applied', { kept: '1' }),
      configMap('made', { own: '1' }),
    ];
    await app.write('k8s/app.yaml', yaml(...objects, deployment('broken', { image: `${rig().registry}/none:1` })));
    await app.commit('cannot run');
    const failed = await app.push();
    expect(failed.output).toContain('the node cannot pull the image of container broken in pod broken-');
    expect(failed.code).toBe(1);
    expect(await envOf(app)).toBe('OLD=1 KEPT=1 ');
    expect(await app.kubectl('get', 'configmap', 'applied', '-o', managers, '--show-managed-fields')).toBe(before);

    await app.write('k8s/app.yaml', yaml(...objects));
    await app.commit('takes over');
    const pushed = await app.push();
    expect(pushed.output).toContain(
      'Deployment/www: removed, because the manifest does not have it: spec.template.spec.containers[www].env[OLD]',
    );
    expect(pushed.code).toBe(0);
    expect(await envOf(app)).toBe('KEPT=1 ');
    expect(await app.kubectl('get', 'configmap', 'applied', '-o', 'jsonpath={.data}')).toBe('{"kept":"1"}');
    expect(await app.kubectl('get', 'configmap', 'made', '-o', 'jsonpath={.data}')).toBe('{"own":"1"}');
  });
});

describe('an object that kubectl apply created, and that cannot have both its own fields and those of the manifest', () => {
  it('is taken over by a push, and refused before anything is built where the manifest alone is wrong', async () => {
    await using app = await manifestsOnly(gitkube);
    const { namespace } = app;
    const old = service() as { spec: { ports: object[] } };
    const ports = [{ port: 81, targetPort: 8080 }];
    await app.apply({ ...old, metadata: { name: 'www', namespace }, spec: { ...old.spec, ports } });
    await app.write(
      'k8s/app.yaml',
      yaml({ ...old, spec: { ...old.spec, ports: [{ port: 80, targetPort: 'NONE_' }] } }),
    );
    await app.commit('wrong on its own');
    const wrong = await app.push();
    expect(wrong.output).toContain('the API server refuses Service/www');
    expect(wrong.output).toContain('targetPort');
    expect(wrong.code).toBe(1);

    await app.write('k8s/app.yaml', yaml(service()));
    await app.commit('another port');
    const dry = await app.push('-o', 'dry-run', 'HEAD:main');
    expect(dry.output).toContain('Service/www: would be changed');
    const pushed = await app.push();
    expect(pushed.output).toContain('Service/www: removed, because the manifest does not have it: spec.ports[81,TCP]');
    expect(pushed.code).toBe(0);
    expect(await app.kubectl('get', 'service', 'www', '-o', 'jsonpath={.spec.ports[*].port}')).toBe('80');
  });
});

describe('a push says of fields that somebody else', () => {
  it('changed, added or removed what becomes of each', async () => {
    await using app = await createManifestsProject(gitkube);
    await app.write('k8s/app.yaml', yaml(idle(['COLOR', 'green'], ['SIZE', '1']), service()));
    await app.commit('first');
    expect((await app.push()).code).toBe(0);
    await app.kubectl('set', 'env', 'deployment/www', 'COLOR=red', 'ADDED=1', 'SIZE-');
    await app.commit('the same');
    const pushed = await app.push();
    const container = 'spec.template.spec.containers[www]';
    expect(pushed.output).toContain(
      `kubectl-set has set ${container}.env[COLOR].value; what the manifest says is applied over it`,
    );
    expect(pushed.output).toContain(
      `keeps ${container}.env[ADDED], which kubectl-set has set and the manifest does not have`,
    );
    expect(pushed.output).toContain(`somebody has removed ${container}.env[SIZE], which is set again`);
    expect(pushed.code).toBe(0);
    expect(await envOf(app)).toContain('COLOR=green');
  });
});

describe('a key of a Secret', () => {
  it('is gone once stringData no longer has it', async () => {
    await using app = await manifestsOnly(gitkube);
    const secret = (stringData: object) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      stringData,
    });
    await app.write('k8s/app.yaml', yaml(secret({ A: '1', B: '2' })));
    await app.commit('two');
    expect((await app.push()).code).toBe(0);
    await app.write('k8s/app.yaml', yaml(secret({ A: '1' })));
    await app.commit('one');
    expect((await app.push()).code).toBe(0);
    expect(await app.kubectl('get', 'secret', 'keys', '-o', 'jsonpath={.data}')).toBe('{"A":"MQ=="}');
  });
});
