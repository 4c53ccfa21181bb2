import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_MAX_CONNECTIONS_PER_KEY: '2' });
  project = await Project.create(gitkube, { replicas: 0 });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

const lists = async (key?: string) =>
  (await project.tryGit(['ls-remote', project.url], key === undefined ? {} : { key })).code === 0;

/** Without a process for it, which would take longer to start than the login takes. */
const login = async (key?: string) => {
  const begun = performance.now();
  const accepted = await project.mayLogIn(key);
  return { accepted, ms: performance.now() - begun };
};

it('a client that guesses keys waits longer and longer, and no other client of the same address does', async () => {
  await project.makeKey('stranger');
  for (let i = 0; i < 10; i++) expect((await login('stranger')).accepted).toBe(false);
  const guess = await login('stranger');
  expect(guess.ms).toBeGreaterThan(1500);
  const own = await login();
  expect(own.accepted).toBe(true);
  expect(own.ms).toBeLessThan(guess.ms);
  expect((await login('stranger')).ms).toBeLessThan(guess.ms);
});

it('a key has a limited number of connections, the next is refused with that reason, and other keys are not affected', async () => {
  await project.makeKey('other');
  const authorizedKeys = [await project.publicKey(), await project.publicKey('other')];
  await project.applyRemote({
    authorizedKeys,
    deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }],
  });
  await eventually(() => lists('other'));
  using first = await project.connect();
  using _second = await project.connect();
  const refused = await project.tryGit(['ls-remote', project.url]);
  expect(refused).toMatchObject({ code: 128, output: expect.stringContaining('this key has 2 connections already') });
  expect(await lists('other')).toBe(true);
  first.socket.destroy();
  await eventually(() => lists());
});

it('a key has a limited number of sessions, over all its connections', async () => {
  using connection = await eventually(() => project.connect());
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
  await eventually(() => lists());
});

it('a deploy branch that conflicts in git with an earlier one is refused before anything is built', async () => {
  const containers = [{ name: 'www', path: 'www' }];
  const deployFrom = (branch: string) => project.applyRemote({ branch, deployments: [{ name: 'www', containers }] });
  await deployFrom('team');
  expect((await project.push('HEAD:team')).output).toContain('Released releases/1');
  await project.writeApp('www', 'www 2');
  await project.commit('second version');
  await deployFrom('team/app');
  const refused = await eventually(async () => {
    const push = await project.push('HEAD:team/app');
    return !push.output.includes('deploys branch team, not') && push;
  });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain('git cannot have a branch team/app beside team');
  expect(refused.output).not.toContain('building');
});
