/** `ssh … env`: what pods read as environment variables is changed by a deploy, and restored by a rollback. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ifMissing } from '../../server/git/missing.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { appDockerfile, Project, type ProjectOptions } from '../support/project.ts';

let proxy: HoldingProxy;
let gitkube: Gitkube;

beforeAll(async () => {
  proxy = await HoldingProxy.start();
  gitkube = await Gitkube.start({ GITKUBE_KUBECONFIG: proxy.kubeconfig, GITKUBE_ENV: 'on' });
});
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

/** Serves what it was started with, unless that is `crash`. */
const greets =
  'case $GREETING in crash) exit 3;; esac; echo $GREETING > /www/index.html; exec httpd -f -p 8080 -h /www';

/** A project whose pods read the Secret `web-env`, released once. */
async function released(options: ProjectOptions = {}): Promise<Project> {
  const container = { envFrom: [{ secretRef: { name: 'web-env' } }] };
  const project = await Project.create(gitkube, { container, spec: { env: { secret: 'web-env' } }, ...options });
  await project.kubectl('create', 'secret', 'generic', 'web-env', '--from-literal=GREETING=hello');
  await project.writeApp('www', '', appDockerfile('', greets));
  await project.commit('greets');
  const { output } = await project.push();
  expect(output).toContain('Released releases/1');
  return project;
}

const inSecret = async (project: Project, name = 'GREETING') => {
  const value = await project.kubectl('get', 'secret', 'web-env', '-o', `jsonpath={.data.${name}}`);
  return Buffer.from(value, 'base64').toString();
};
const snapshots = async (project: Project) => {
  const names = await project.kubectl('get', 'secrets', '--field-selector=type=gitkube.sh/env', '-o', 'name');
  return names.split('\n').filter(Boolean).length;
};

/** Files below a folder that have this text. Notes of what is under way go a moment after its answer. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const has = async (file: string) => (await readFile(file).catch(ifMissing(''))).includes(text);
  const found = await Promise.all(files.map(async (file) => ((await has(file)) ? [file] : [])));
  return found.flat();
}

it('a change is a release that pods run with, and a rollback restores what it was', async () => {
  await using project = await released();
  expect(await project.page()).toBe('hello');
  const set = await project.ssh('env', 'set', `${project.namespace}/app`, "GREETING='good morning'", 'COLOR=green');
  expect(set.output).toContain('env: COLOR added; GREETING changed\n');
  expect(set.output).toMatch(/^Released releases\/2: main \w{7} runs after .* \(nothing to build, rollout/m);
  expect(set.code).toBe(0);
  expect(await project.page()).toBe('good morning');

  const again = await project.ssh('env', 'set', 'COLOR=green');
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('nothing to change') });
  expect((await project.ssh('env')).stdout).toBe(
    'NAME       VALUE\nCOLOR      set, 5 bytes\nGREETING   set, 12 bytes\n',
  );
  expect(await project.ssh('env', 'unset', '--dry-run', 'COLOR')).toMatchObject({ code: 0 });
  expect((await project.sshWith({ input: 'from stdin\n' }, 'env', 'set', 'GREETING=-')).code).toBe(0);
  expect(await project.page()).toBe('from stdin');
  expect((await project.ssh('env', 'unset', 'COLOR')).output).toContain('env: COLOR removed\n');

  const back = await project.ssh('rollback', '2');
  expect(back.output).toContain('env: 2 names as in releases/2: COLOR added; GREETING changed\n');
  expect(back.code).toBe(0);
  expect([await project.page(), await inSecret(project, 'COLOR')]).toEqual(['good morning', 'green']);
  expect(await snapshots(project)).toBe(4);
  expect((await project.ssh('diff', '1', '2')).stdout).toContain('env: COLOR added; GREETING changed\n');

  await project.kubectl('patch', 'secret', 'web-env', '-p', '{"stringData":{"GREETING":"by hand"}}');
  const byRef = await project.push('HEAD:refs/rollback/1');
  expect(byRef.output).toContain(
    'env: somebody else has changed it since releases/5, that is replaced: GREETING changed',
  );
  expect(byRef.code).toBe(0);
  expect(await project.page()).toBe('hello');

  for (const secret of ['good morning', 'from stdin']) {
    expect(gitkube.log.filter((line) => line.includes(secret))).toEqual([]);
    expect(await filesWith(gitkube.dataFolder, secret)).toEqual([]);
    expect(await project.kubectl('get', 'events', '-o', 'json')).not.toContain(secret);
  }
});

it('a value that pods crash with is undone, and so is one that the end of the server cuts off', async () => {
  await using project = await released();
  const crashed = await project.ssh('env', 'set', 'GREETING=crash', 'NEW=1');
  expect(crashed.output).toContain('error: ');
  expect(crashed.code).toBe(1);
  expect([await inSecret(project), await inSecret(project, 'NEW')]).toEqual(['hello', '']);
  expect(await project.page()).toBe('hello');
  expect(await snapshots(project)).toBe(1);

  const patching = proxy.hold('PATCH', 'deployments/www');
  const cutOff = project.ssh('env', 'set', 'GREETING=half');
  await patching;
  expect(await inSecret(project)).toBe('half');
  await gitkube.kill();
  proxy.cut();
  expect((await cutOff).code).not.toBe(0);
  await gitkube.start();
  await gitkube.recovered();
  expect([await inSecret(project), await snapshots(project)]).toEqual(['hello', 1]);
  expect(await project.page()).toBe('hello');
  await eventually(async () => (await project.ssh('deploys')).stdout.includes('interrupted'));
});
