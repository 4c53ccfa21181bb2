import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const spec = { deployments: [{ name: 'www', containers: [{ name: 'www', path: '.' }] }] };
const look = [
  'ARG GITKUBE_COMMIT',
  'ARG GITKUBE_BRANCH',
  'COPY . /src',
  'RUN cd /src && ls && for name in caf*; do echo "$name" | od -An -tx1; done && cat version settings && echo "built $GITKUBE_COMMIT of $GITKUBE_BRANCH"',
].join('\n');

it('builds what the commit has: whatever its attributes, names and ignore file are', async () => {
  await using project = await Project.create(gitkube, { spec });
  await project.write('docker/Dockerfile', appDockerfile(look));
  await symlink('docker/Dockerfile', join(project.folder, 'Dockerfile'));
  await project.write('docker/ignored', '**.log\nwww\n');
  await symlink('docker/ignored', join(project.folder, '.dockerignore'));
  await project.write('index.html', 'the page\n');
  await project.write('.gitattributes', 'settings export-ignore\nversion export-subst\n');
  await project.write('settings', 'settings are here\n');
  await project.write('version', 'commit $Format:%H$\n');
  await project.write('build.log', 'secret\n');
  for (const byte of [0xe8, 0xe9]) {
    const name = Buffer.concat([Buffer.from(`${project.folder}/caf`), Buffer.from([byte])]);
    await writeFile(name, 'x');
  }
  const commit = await project.commit('what git archive changes');
  const { output, code } = await project.push();
  expect(output).toContain('settings are here');
  expect(output).toContain('commit $Format:%H$');
  expect(output).toContain(`built ${commit} of main`);
  expect(output).toContain('63 61 66 e8 0a');
  expect(output).toContain('63 61 66 e9 0a');
  expect(output).not.toContain('build.log');
  expect(output).toContain('Released releases/1');
  expect(code).toBe(0);
  expect(await project.page()).toBe('the page');
});

it('names an ignore file that is a dangling symlink', async () => {
  await using project = await Project.create(gitkube, { replicas: 0, spec });
  await project.writeApp('.', 'the page');
  await symlink('../ignored', join(project.folder, '.dockerignore'));
  await project.commit('ignore file elsewhere');
  const { output, code } = await project.push();
  expect(output).toContain(
    "'.dockerignore' cannot be read: '.dockerignore' is a symlink to '../ignored', which is not in the commit",
  );
  expect(code).toBe(1);
});
