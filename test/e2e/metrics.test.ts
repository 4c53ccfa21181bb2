import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_HTTP_LISTEN: '127.0.0.1:0' });
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const get = (path: string) => fetch(`http://127.0.0.1:${gitkube.httpPort}${path}`);
const metrics = async () => (await get('/metrics')).text();

it('pushes are counted, with their phases, images and logins, and by no name of a Remote or a key', async () => {
  await using project = await Project.create(gitkube, { replicas: 0 });
  await project.push();
  await project.push('-o', 'dry-run', 'HEAD:main');
  await project.commit('the same content');
  await project.push();
  await project.push('HEAD:other');
  await project.makeKey('stranger');
  await project.tryGit(['ls-remote', project.url], { key: 'stranger' });
  const lines = [
    'gitkube_ssh_logins_total{result="refused"} 1',
    'gitkube_pushes_total{outcome="released",reason="Released"} 2',
    'gitkube_pushes_total{outcome="failed",reason="RefRefused"} 1',
    'gitkube_builds_total{result="built"} 1',
    'gitkube_builds_total{result="cached"} 1',
    'gitkube_push_phase_seconds_count{phase="rollout"} 2',
    'gitkube_pushes_running 0',
  ];
  const text = await eventually(async () => {
    const found = await metrics();
    for (const line of lines) expect(found).toContain(`${line}\n`);
    return found;
  });
  expect(text).toMatch(/gitkube_build_info\{version="\d+\.\d+\.\d+"\} 1/);
  expect(text).toMatch(/gitkube_ssh_logins_total\{result="accepted"\} [4-9]/);
  expect(text).not.toContain(project.namespace);
  expect(text).not.toContain('id@test');
  expect((await get('/readyz')).status).toBe(200);
});
