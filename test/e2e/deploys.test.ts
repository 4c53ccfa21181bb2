import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finished } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

/** What git's client has printed of the deploy. */
function printedFor(pusher: string): string {
  const lines = pusher.split('\n').filter((line) => line.startsWith('remote: '));
  return lines.map((line) => `${line.slice('remote: '.length).trimEnd()}\n`).join('');
}

/** A push that stands in its build until the gate is open. */
async function pushBefore(gate: Gate, page: string): Promise<Finished> {
  await project.writeApp('www', page, appDockerfile(`RUN ${gate.pass}`));
  await project.commit(page);
  return project.push();
}

it('the output and the outcome of a push can be read afterwards, as its pusher read them', async () => {
  const pushed = await project.push();
  expect(pushed.code).toBe(0);
  expect(await project.ssh('output')).toMatchObject({ code: 0, stdout: printedFor(pushed.output) });
  const { stdout } = await project.ssh('deploys', `${project.namespace}/app`);
  expect(stdout).toMatch(/^ID +BEGAN +COMMIT +BY +VERDICT +TOOK\n\w{10} .*Z +\w{7} +id@test +releases\/1 +\d.*\n$/);
});

it('a failed deploy shows its error, by its id', async () => {
  await project.writeApp('www', 'www', appDockerfile('RUN echo out of cheese; exit 3'));
  await project.commit('fails');
  const pushed = await project.push();
  const [{ id, verdict }] = JSON.parse((await project.ssh('deploys', '--json')).stdout);
  expect(verdict).toMatchObject({ result: 'failed', reason: 'BuildFailed' });
  const output = await project.ssh('output', `${project.namespace}/app`, id);
  expect(output).toMatchObject({ code: 1, stdout: printedFor(pushed.output) });
  expect(output.stdout).toMatch(/out of cheese[\s\S]*error: /);
  const unknown = await project.ssh('output', 'nope');
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.output).toContain(`${project.namespace}/app has no record of deploy nope`);
});

it('a deploy that runs is followed to its end', async () => {
  await using gate = await Gate.make();
  const pushing = pushBefore(gate, 'followed');
  await gate.reached;
  expect((await project.ssh('deploys')).stdout).toContain('running: build');
  using client = await project.connect();
  const { channel, output } = await client.exec('output');
  const exited = once(channel, 'exit');
  await once(channel, 'data');
  gate.open();
  const pushed = await pushing;
  expect(await output).toBe(printedFor(pushed.output));
  expect((await exited)[0]).toBe(0);
});

it('a deploy does not wait for followers that stop reading, and the others read it to its end', async () => {
  await using gate = await Gate.make();
  const page = '0123456789'.repeat(8);
  const lines = `RUN ${gate.pass}; yes ${page} | head -n 10000`;
  await project.writeApp('www', 'much to read', appDockerfile(lines));
  await project.commit('much to read');
  const pushing = project.push();
  await gate.reached;
  using stalled = await project.connect();
  const atFirst = stalled.socket.bytesRead;
  for (const channel of [0, 1]) {
    // Room for the first lines, and never for more: a terminal whose user has pressed Ctrl-S.
    stalled.protocol.session(channel, 1024, 1024);
    stalled.protocol.exec(channel, 'output', true);
  }
  using reading = await project.connect();
  const readers = await Promise.all(Array.from({ length: 8 }, () => reading.exec('output')));
  const ends = readers.map(async ({ channel, output }) => [(await once(channel, 'exit'))[0], await output]);
  await eventually(async () => stalled.socket.bytesRead > atFirst + 400);
  const opened = performance.now();
  gate.open();
  const pushed = await pushing;
  // So long one that does not read keeps its connection.
  expect(performance.now() - opened).toBeLessThan(60_000);
  expect(pushed.code).toBe(0);
  expect(stalled.socket.bytesRead).toBeLessThan(atFirst + 20_000);
  const last = /Released releases\/.*/.exec(pushed.output)?.[0] ?? '';
  for (const [code, output] of await Promise.all(ends)) {
    expect(output).toContain(page);
    expect(output).toContain(last.trimEnd());
    expect(code).toBe(0);
  }
});

it('a deploy of a server that was killed reads interrupted', async () => {
  await using gate = await Gate.make();
  const pushing = pushBefore(gate, 'cut off');
  await gate.reached;
  await gitkube.kill();
  await pushing;
  await gitkube.start();
  const output = await project.ssh('output');
  expect(output.code).toBe(3);
  expect(output.stdout).toMatch(/^Gitkube: [\s\S]*\ninterrupted: the server stopped during this (push|deploy)/);
  expect((await project.ssh('deploys')).stdout.split('\n')[1]).toContain('interrupted');
});
