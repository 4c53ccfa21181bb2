import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, deployment, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** Takes its settings from a ConfigMap of the manifests and a Secret that is not among them. */
function configured(): object {
  const made = deployment() as { spec: { template: { spec: { containers: [object] } } } };
  const [container] = made.spec.template.spec.containers;
  const envFrom = [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }];
  made.spec.template.spec.containers = [{ ...container, envFrom }];
  return made;
}

/** What the app was started with. */
const colorOf = (app: Project) => app.kubectl('exec', 'deployment/www', '--', 'sh', '-c', 'echo $COLOR $KEY');

describe('a workload whose settings alone have changed', () => {
  it('is restarted, for a ConfigMap of the manifests and for a Secret that somebody changed by hand', async () => {
    await using app = await createManifestsProject(gitkube);
    await app.kubectl('create', 'secret', 'generic', 'keys', '--from-literal=KEY=one');
    const write = (color: string) =>
      app.write('k8s/app.yaml', yaml(configured(), service(), configMap('settings', { COLOR: color })));
    await write('red');
    await app.commit('red');
    expect((await app.push()).code).toBe(0);
    expect(await colorOf(app)).toBe('red one\n');

    await write('green');
    await app.commit('green');
    const green = await app.push();
    expect(green.output).toContain('Deployment/www: is restarted, because ConfigMap/settings has changed');
    expect(green.output).not.toContain('somebody');
    expect(green.output).toContain('www: rolled out');
    expect(green.code).toBe(0);
    expect(await colorOf(app)).toBe('green one\n');

    await app.kubectl('patch', 'secret', 'keys', '-p', '{"stringData":{"KEY":"two"}}');
    await app.commit('nothing');
    const key = await app.push();
    expect(key.output).toContain('Deployment/www: is restarted, because Secret/keys has changed');
    expect(key.code).toBe(0);
    expect(await colorOf(app)).toBe('green two\n');

    await app.commit('nothing again');
    const nothing = await app.push();
    expect(nothing.output).toContain('none changed');
    expect(nothing.output).not.toContain('restarted');
  });
});
