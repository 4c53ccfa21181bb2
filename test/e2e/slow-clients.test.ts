import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import { RawSsh } from '../support/raw-ssh.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_RECEIVE_TIMEOUT_SECONDS: '1', GITKUBE_FETCH_TIMEOUT_SECONDS: '2' });
});
afterAll(() => gitkube[Symbol.asyncDispose]());

it.each([
  ['push', 'git-receive-pack', 'the push was not sent within 1.0 s'],
  ['fetch', 'git-upload-pack', 'the fetch was not read within 2.0 s'],
])('a %s that does not end is ended, and told after which time', async (_, service, reason) => {
  await using project = await Project.create(gitkube);
  using client = await RawSsh.connect(gitkube.port, { privateKey: readFileSync(project.keyFile()) });
  const { output } = await client.exec(`${service} '/${project.namespace}/app'`);
  const words = (await output).slice((await output).lastIndexOf('0000') + 4);
  const hint = 'hint: try from a faster connection, or ask the operator of this server for a longer limit';
  expect(words).toBe(`gitkube: ${reason}\n${hint}\n`);
});
