import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import { RawSsh } from '../support/raw-ssh.ts';

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_MAX_CONNECTIONS_PER_KEY: '2' });
  project = await Project.create(gitkube);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

const timed = async (key?: string) => {
  const begun = performance.now();
  const { code } = await project.tryGit(['ls-remote', project.url], key === undefined ? {} : { key });
  return { code, ms: performance.now() - begun };
};

it('whoever guesses keys waits longer and longer, and nobody else does, though all have one address', async () => {
  await project.makeKey('stranger');
  for (let i = 0; i < 10; i++) expect((await timed('stranger')).code).toBe(128);
  const guess = await timed('stranger');
  expect(guess.ms).toBeGreaterThan(1500);
  const login = await timed();
  expect(login.code).toBe(0);
  expect(login.ms).toBeLessThan(guess.ms);
  expect((await timed('stranger')).ms).toBeLessThan(guess.ms);
});

it('a key has so many connections and no more, is told so, and takes none from other keys', async () => {
  await project.makeKey('other');
  const authorizedKeys = [await project.publicKey(), await project.publicKey('other')];
  await project.applyRemote({
    authorizedKeys,
    deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }],
  });
  await eventually(async () => (await timed('other')).code === 0);
  const connect = () => RawSsh.connect(gitkube.port, { privateKey: readFileSync(project.keyFile()) });
  using first = await connect();
  using _second = await connect();
  const refused = await project.tryGit(['ls-remote', project.url]);
  expect(refused).toMatchObject({ code: 128, output: expect.stringContaining('this key has 2 connections already') });
  expect((await timed('other')).code).toBe(0);
  first.socket.destroy();
  await eventually(async () => (await timed()).code === 0);
});

it('a key has so many sessions, on however many connections', async () => {
  using connection = await eventually(() =>
    RawSsh.connect(gitkube.port, { privateKey: readFileSync(project.keyFile()) }),
  );
  const upload = `git-upload-pack '/${project.namespace}/app'`;
  const [first] = [await connection.exec(upload), await connection.exec(upload)];
  const third = await connection.exec(upload);
  expect(await third.output).toContain('this key has 2 sessions already');
  first?.channel.end('0000');
  await first?.output;
  await eventually(async () => {
    const next = await connection.exec(upload);
    next.channel.end('0000');
    return !(await next.output).includes('already');
  });
  await connection.exec(upload);
  connection.socket.destroy();
  await eventually(async () => (await timed()).code === 0);
});

it('a deploy branch that git cannot have beside an earlier one is refused before anything is built', async () => {
  const containers = [{ name: 'www', path: 'www' }];
  const deployFrom = (branch: string) => project.applyRemote({ branch, deployments: [{ name: 'www', containers }] });
  await deployFrom('team');
  expect((await project.push('HEAD:team')).output).toContain('Released releases/1');
  await project.writeApp('www', 'www 2');
  await project.commit('second version');
  await deployFrom('team/app');
  const refused = await eventually(async () => {
    const push = await project.push('HEAD:team/app');
    return !push.output.includes('does not deploy') && push;
  });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain('git cannot have a branch team/app beside team');
  expect(refused.output).not.toContain('building');
});
