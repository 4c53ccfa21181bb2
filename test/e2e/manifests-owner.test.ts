/** Two Remotes of one namespace, each with manifests. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube?.[Symbol.asyncDispose]());

it('an object that another Remote applies is refused, and one that a deleted Remote left is taken over', async () => {
  const spec = { deployments: [] };
  await using project = await createManifestsProject(gitkube, { spec });
  await addRemote(project, 'other', { ...spec, manifests: { path: 'other' } });
  const settings = () => project.kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.of}');
  await project.write('k8s/app.yaml', yaml(configMap('settings', { of: 'app' }), configMap('mine', {})));
  await project.write('other/app.yaml', yaml(configMap('settings', { of: 'other' }), configMap('theirs', {})));
  await project.commit('both have settings');
  expect((await project.push()).code).toBe(0);

  const pushOther = () => project.tryGit(['push', project.url.replace(/app$/, 'other'), 'HEAD:main']);
  const refused = await pushOther();
  expect(refused.output).toContain(
    `error: other/app.yaml: ConfigMap/settings belongs to the Remote ${project.namespace}/app, which has applied it`,
  );
  expect(refused.output).toContain(`kubectl -n ${project.namespace} label configmap settings gitkube.sh/remote-`);
  expect(refused.code).toBe(1);
  expect(await settings()).toBe('app');
  expect(await project.kubectl('get', 'configmap', 'theirs', '--ignore-not-found')).toBe('');

  await project.kubectl('delete', 'remote', 'app');
  const taken = await pushOther();
  expect(taken.output).toContain('ConfigMap/settings: belonged to app, which there is no longer: taking it over');
  expect(taken.code).toBe(0);
  expect(await settings()).toBe('other');
});

async function addRemote(project: Project, name: string, spec: object): Promise<void> {
  const authorizedKeys = [await project.publicKey()];
  const metadata = { name, namespace: project.namespace };
  await project.apply({
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata,
    spec: { authorizedKeys, ...spec },
  });
  await project.kubectl('wait', '--for=jsonpath={.status.remoteUrl}', `remote/${name}`, '--timeout=120s');
}
