import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pktLine } from '../../hooks/pkt-line.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_RECEIVE_TIMEOUT_SECONDS: '1', GITKUBE_FETCH_TIMEOUT_SECONDS: '2' });
});
afterAll(() => gitkube[Symbol.asyncDispose]());

it.each([
  ['push', 'git-receive-pack', 'the push was not received within 1.0 s', 'GITKUBE_RECEIVE_TIMEOUT_SECONDS'],
  ['fetch', 'git-upload-pack', 'the fetch was not over within 2.0 s', 'GITKUBE_FETCH_TIMEOUT_SECONDS'],
])('a %s that does not end is ended with the time limit as the reason', async (_, service, reason, setting) => {
  await using project = await Project.create(gitkube, { replicas: 0 });
  using client = await project.connect();
  const { output } = await client.exec(`${service} '/${project.namespace}/app'`);
  const words = (await output).slice((await output).lastIndexOf('0000') + 4);
  const hint = `hint: try from a faster connection, or ask the operator of this server for a larger ${setting}`;
  expect(words).toBe(`gitkube: ${reason}\n${hint}\n`);
});

it('a fetch whose client does not read is ended, and the place of its key is free again', async () => {
  await using patient = await Gitkube.start({
    GITKUBE_FETCH_TIMEOUT_SECONDS: '2',
    GITKUBE_MAX_CONNECTIONS_PER_KEY: '1',
  });
  await using project = await Project.create(patient, { replicas: 0 });
  // More than the window of a client has room for.
  await project.write('large', randomBytes(12_000_000));
  const commit = await project.commit('large');
  expect((await project.push()).code).toBe(0);
  using client = await project.connect();
  const upload = `git-upload-pack '/${project.namespace}/app'`;
  const { channel } = await client.exec(upload);
  await once(channel, 'data');
  channel.pause();
  channel.write(Buffer.concat([pktLine(`want ${commit}\n`), Buffer.from('0000'), pktLine('done\n')]));
  await eventually(async () => {
    const next = await client.exec(upload);
    next.channel.end('0000');
    return !(await next.output).includes('this key has 1 sessions already');
  });
});
