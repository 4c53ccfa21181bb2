import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';

let proxy: HoldingProxy;
let gitkube: Gitkube;

beforeAll(async () => {
  proxy = await HoldingProxy.start();
  gitkube = await Gitkube.start({ GITKUBE_KUBECONFIG: proxy.kubeconfig });
});
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

/** A push of a second version that never gets ready, once it is rolling out. */
async function rollingOut(project: Project) {
  expect((await project.push()).code).toBe(0);
  const image = await project.image();
  await project.writeApp('www', 'www 2', appDockerfile('', 'sleep 1000'));
  const commit = await project.commit('never ready');
  const rollout = outputWith(/new pod ready, waiting/);
  const pushing = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: rollout.onOutput });
  await rollout.seen;
  return { image, commit, pushing };
}

const isNote = /gitkube-push.*\.json$/;

interface PushedRemote {
  readonly status?: { readonly lastPush?: { readonly commit: string; readonly result: string } };
}

const lastPush = async (project: Project) => (await project.remote<PushedRemote>()).status?.lastPush;

/** What is said of pushes that were cut off. */
async function cutOffs(project: Project): Promise<string> {
  const events = await project.list<{ readonly reason: string; readonly message: string }>('/api/v1/events');
  return events
    .filter(({ reason }) => reason === 'PushCutOff')
    .map(({ message }) => message)
    .join('\n');
}

async function expectReported(project: Project, commit: string, message: string): Promise<void> {
  const expected = { result: 'Failed', reason: 'PushCutOff', commit, message: expect.stringContaining(message) };
  await eventually(async () => (await lastPush(project))?.commit === commit);
  expect(await lastPush(project)).toMatchObject(expected);
  await eventually(async () => (await cutOffs(project)) !== '');
}

describe('a push that the end of the server cuts off', () => {
  it('in its build is reported in the status of the Remote, and so is the one that waits for it, and the next one works', async () => {
    await using gate = await Gate.make();
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect((await project.push()).code).toBe(0);
    const image = await project.image();
    await project.writeApp('www', 'www 2', appDockerfile(`RUN ${gate.pass}`));
    const commit = await project.commit('stands before a gate');
    const pushing = project.push();
    await gate.reached;
    await project.commit('waits for it');
    const waiting = outputWith('waiting for the push before');
    const second = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    // Written beside the push, which waits for nothing.
    const notes = async () =>
      (await readdir(gitkube.dataFolder, { recursive: true })).filter((name) => isNote.test(name));
    await eventually(async () => (await notes()).length === 2);
    await gitkube.kill();
    for (const { code } of [await pushing, await second]) expect(code).not.toBe(0);
    await gitkube.start();
    // The status ends with the push that had its turn, whatever waited behind it.
    await expectReported(project, commit, 'before it changed anything');
    expect(await project.image()).toBe(image);
    await eventually(async () => (await cutOffs(project)).includes('before its turn came'));
    await eventually(async () => (await notes()).length === 0);
    gate.open();
    expect((await project.push()).code).toBe(0);
    // The status is written after the push has been answered.
    await eventually(async () => (await lastPush(project))?.result === 'Succeeded');
  });

  it('in its rollout, because another server took its data folder, is rolled back by the next start', async () => {
    await using project = await Project.create(gitkube);
    const { image, commit, pushing } = await rollingOut(project);
    const locks = (await readdir(gitkube.dataFolder)).filter((name) => name.startsWith('server.sock'));
    for (const name of locks) await rm(join(gitkube.dataFolder, name));
    expect((await pushing).code).not.toBe(0);
    await eventually(async () => gitkube.exitCode === 1);
    // Its last words are in the pipe until it is gone.
    const log = () => gitkube.log.join('\n');
    const lost = 'this server has lost the data folder: another server has taken over';
    await eventually(async () => log().includes(lost));
    expect(log()).not.toContain('"msg":"stopping"');
    await gitkube.start();
    await expectReported(project, commit, 'the previous version is running');
    expect(await project.image()).toBe(image);
    expect(await project.page()).toBe('www 1');
    const head = await project.tryGit(['ls-remote', project.url, 'refs/heads/main']);
    expect(head.code).toBe(0);
    expect(head.stdout).not.toContain(commit);
  });

  it('in its rollout keeps no other Remote waiting while it is rolled back, and its next push waits and says for what', async () => {
    await using project = await Project.create(gitkube);
    await using other = await Project.create(gitkube, { replicas: 0 });
    const { image, commit, pushing } = await rollingOut(project);
    await gitkube.kill();
    expect((await pushing).code).not.toBe(0);

    const undoing = proxy.hold('PATCH', 'deployments/www');
    await gitkube.start();
    await undoing;
    expect((await other.push()).code).toBe(0);
    await project.writeApp('www', 'www 3');
    await project.commit('works again');
    const waiting = outputWith(
      `waiting for what the last server left to be completed or rolled back: main ${commit.slice(0, 7)} by id@test`,
    );
    const next = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    expect(await project.image()).not.toBe(image);
    proxy.cut();
    const { code, output } = await next;
    expect(output).toContain('Released releases/2');
    expect(code).toBe(0);
    expect(await project.page()).toBe('www 3');
    await eventually(async () => (await cutOffs(project)).includes('the previous version is running'));
  });
});
