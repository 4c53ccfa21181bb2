import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

/** A push whose build is under way, and stays so until the gate is opened. */
async function pushUpTo(gate: Gate, project: Project) {
  await project.writeApp('www', 'slow', appDockerfile(`RUN ${gate.pass}`));
  await project.commit('slow build');
  const push = project.push();
  await gate.reached;
  return { push };
}

it('a key that is removed while its push builds deploys nothing', async () => {
  await using project = await Project.create(gitkube, { replicas: 0 });
  expect((await project.push()).output).toContain('Released releases/1');
  const image = await project.image();
  await project.makeKey('second');
  await using gate = await Gate.make();
  const { push } = await pushUpTo(gate, project);
  await project.applyRemote({ authorizedKeys: [await project.publicKey('second')], deployments });
  // The status of a Remote may be that of another server, which all tests share.
  await eventually(async () => !(await project.mayLogIn()));
  gate.open();
  const refused = await push;
  expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/app no longer accepts this key/) });
  expect(await project.image()).toBe(image);
});

it('a Remote that is created again during pushes gets nothing of them: no rollout, no release, no status', async () => {
  await using project = await Project.create(gitkube, { replicas: 0 });
  expect((await project.push()).output).toContain('Released releases/1');
  const image = await project.image();
  await using gate = await Gate.make();
  const { push: builds } = await pushUpTo(gate, project);
  await project.commit('waits');
  const waiting = outputWith('waiting for the push before');
  const waits = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
  await waiting.seen;
  // As when nobody may set the finalizer: the old Remote does not wait for its pushes. One that is not deleted yet would
  // get the finalizer back.
  await project.kubectl('delete', 'remote', 'app', '--wait=false');
  await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
  await project.makeKey('second');
  const authorizedKeys = [await project.publicKey(), await project.publicKey('second')];
  await project.applyRemote({ authorizedKeys, deployments });
  await eventually(() => project.mayLogIn('second'));
  gate.open();
  for (const refused of [await builds, await waits]) {
    expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/app was deleted and created again/) });
  }
  expect(await project.image()).toBe(image);
  expect(await project.kubectl('get', 'remote', 'app', '-o', 'jsonpath={.status.release}{.status.lastPush}')).toBe('');
  expect((await project.push()).output).toContain('Released releases/1');
});

it('a push that is still being sent when its Remote is deleted ends with that reason', async () => {
  await using project = await Project.create(gitkube, { replicas: 0 });
  using sending = await project.connect();
  const { channel, output } = await sending.exec(`git-receive-pack '/${project.namespace}/app'`);
  // git says which refs there are when it is ready for the push.
  await once(channel, 'data');
  await project.kubectl('delete', 'remote', 'app', '--wait=false');
  expect(await output).toMatch(/gitkube: the Remote .*\/app was deleted\n$/);
});
