import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { manifestsOnly } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;

/** A chart of one ConfigMap, called like its release. */
const settings = `apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-{{ .Values.kind }}"}
data: {color: "{{ .Values.color }}"}
`;

const values = (color: string) => ({ values: [{ name: 'color', value: color }] });
const environments = [{ name: 'staging', branch: 'develop', manifests: { path: 'chart', helm: values('green') } }];
const spec = { branch: 'main', deployments: [], manifests: { path: 'chart', helm: values('blue') }, environments };

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await manifestsOnly(gitkube, { spec });
  await project.write('chart/Chart.yaml', 'apiVersion: v2\nname: chart\nversion: 1.0.0\n');
  await project.write('chart/values.yaml', 'kind: settings\n');
  await project.write('chart/templates/settings.yaml', settings);
  await project.commit('a chart');
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

async function configMaps(): Promise<Record<string, string | undefined>> {
  const found = await project.list<{ metadata: { name: string }; data?: { color?: string } }>('/api/v1/configmaps');
  const own = found.filter(({ metadata: { name } }) => name.startsWith('app'));
  return Object.fromEntries(own.map(({ metadata, data }) => [metadata.name, data?.color]));
}

it('an environment applies the manifests with its own values and release, and prunes none of another one', async () => {
  for (const branch of ['main', 'develop']) expect(await project.push(`HEAD:${branch}`)).toMatchObject({ code: 0 });
  expect(await configMaps()).toEqual({ 'app-settings': 'blue', 'app-staging-settings': 'green' });
  await project.write('chart/values.yaml', 'kind: other\n');
  await project.commit('another name');
  expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
  expect(await configMaps()).toEqual({ 'app-settings': 'blue', 'app-staging-other': 'green' });
  expect(await project.push('HEAD:refs/rollback/staging/1')).toMatchObject({ code: 0 });
  expect(await configMaps()).toEqual({ 'app-settings': 'blue', 'app-staging-settings': 'green' });
});

it('an object that another environment has applied is refused with the name of that', async () => {
  const taken = [{ ...environments[0], manifests: { path: 'chart', helm: { release: 'app', ...values('green') } } }];
  await project.applyRemote({ ...spec, environments: taken });
  await project.write('chart/values.yaml', 'kind: settings\n');
  await project.commit('the same name');
  const refused = await project.push('HEAD:develop');
  expect(refused.output).toContain(`ConfigMap/app-settings belongs to the Remote ${project.namespace}/app, which has`);
  expect(refused.code).toBe(1);
  expect((await configMaps())['app-settings']).toBe('blue');
});
