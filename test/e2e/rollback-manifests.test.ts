import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, deployment, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const containers = (...names: string[]) => ({
  deployments: names.map((name) => ({ name, containers: [{ name, path: name }] })),
});
const settings = (project: Project) =>
  project.kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.version}', '--ignore-not-found');

describe('a rollback of a Remote with manifests', () => {
  it('applies those of its commit with the recorded images, also for what the Remote no longer names', async () => {
    await using project = await createManifestsProject(gitkube, { spec: containers('www', 'back') });
    await project.writeApp('back', 'back 1');
    const first = [deployment('www'), service('www'), deployment('back'), configMap('settings', { version: '1' })];
    await project.write('k8s/app.yaml', yaml(...first));
    await project.commit('first');
    expect((await project.push()).code).toBe(0);
    const images = [await project.image('www'), await project.image('back')];

    await project.applyRemote({ ...containers('www'), manifests: { path: 'k8s' } });
    await project.writeApp('www', 'www 2');
    await project.write(
      'k8s/app.yaml',
      yaml(deployment('www'), service('www'), configMap('settings', { version: '2' })),
    );
    await project.commit('second');
    expect((await project.push()).code).toBe(0);
    expect([await settings(project), await project.page('www')]).toEqual(['2', 'www 2']);

    const { code, output } = await project.push('HEAD:refs/rollback/1');
    expect(output).toContain('back/back: no longer in');
    expect(output).not.toContain('building');
    expect(code).toBe(0);
    expect([await project.image('www'), await project.image('back')]).toEqual(images);
    expect([await settings(project), await project.page('www')]).toEqual(['1', 'www 1']);
  });

  it('to a release without manifests applies none and deletes none', async () => {
    await using project = await createManifestsProject(gitkube);
    const idle = deployment('www', { replicas: 0 });
    await project.apply({ ...idle, metadata: { name: 'www', namespace: project.namespace } });
    await project.applyRemote(containers('www'));
    await project.commit('without manifests');
    expect((await project.push()).code).toBe(0);
    const image = await project.image('www');

    await project.applyRemote({ ...containers('www'), manifests: { path: 'k8s' } });
    await project.writeApp('www', 'www 2');
    await project.write('k8s/app.yaml', yaml(idle, configMap('settings', { version: '2' })));
    await project.commit('with manifests');
    expect((await project.push()).code).toBe(0);

    const { code, output } = await project.push('HEAD:refs/rollback/1');
    expect(output).toContain('releases/1 has no manifests');
    expect(code).toBe(0);
    expect(await project.image('www')).toBe(image);
    expect(await settings(project)).toBe('2');
  });
});
