import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** A push whose build stands before the gate when this resolves. */
async function pushSlowly(project: Project, gate: Gate) {
  await project.writeApp('www', 'slow', appDockerfile(`RUN ${gate.pass}`));
  const commit = await project.commit('a slow build');
  const push = project.push();
  await gate.reached;
  return { push, commit };
}

/** A push that waits for its turn when this resolves. */
async function pushBehind(project: Project) {
  const waiting = outputWith(/waiting for the push before this one: main [0-9a-f]{7} by id@test/);
  const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
  await waiting.seen;
  return { push };
}

describe('two pushes at once to one Remote', () => {
  it('the second waits, says for which push, then builds on the first', async () => {
    await using project = await Project.create(gitkube);
    await using gate = await Gate.make();
    const { push: first } = await pushSlowly(project, gate);
    await project.writeApp('www', 'www 2');
    await project.commit('on top of it');
    const { push: second } = await pushBehind(project);
    gate.open();
    expect((await first).code).toBe(0);
    const { code, output } = await second;
    expect(output).toContain('Released releases/2');
    expect(code).toBe(0);
    expect(await project.page()).toBe('www 2');
  });

  it('a waiting push is replaced by a newer one of the branch', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    await using gate = await Gate.make();
    const { push: first } = await pushSlowly(project, gate);
    await project.commit('second');
    const { push: second } = await pushBehind(project);
    await project.commit('third');
    const { push: third } = await pushBehind(project);
    expect((await second).output).toContain('a newer push replaced this one');
    gate.open();
    expect([(await first).code, (await second).code, (await third).code]).toEqual([0, 1, 0]);
  });

  it('a waiting push is not replaced by a newer one that does not contain what runs by then', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    await using gate = await Gate.make();
    const { push: first } = await pushSlowly(project, gate);
    await project.commit('on top of it');
    const { push: second } = await pushBehind(project);
    await project.git('checkout', '-q', '--detach', 'HEAD~2');
    await project.commit('beside it');
    const waiting = outputWith('waiting for the push before this one');
    const third = project.tryGit(['push', project.url, 'HEAD:refs/heads/main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    gate.open();
    expect((await first).code).toBe(0);
    expect(await third).toMatchObject({
      code: 1,
      output: expect.stringContaining('moved during this push'),
    });
    const { code, output } = await second;
    expect(output).toMatch(/a newer push of main goes first: main [0-9a-f]{7} by id@test/);
    expect(output).toContain('Released releases/2');
    expect(code).toBe(0);
  });

  it('of unrelated histories: the second is refused before it builds anything', async () => {
    await using project = await Project.create(gitkube);
    await using gate = await Gate.make();
    const { push: first } = await pushSlowly(project, gate);
    await project.git('checkout', '-q', '--orphan', 'other');
    await project.commit('unrelated');
    const { push: second } = await pushBehind(project);
    gate.open();
    expect((await first).code).toBe(0);
    const { code, output } = await second;
    expect(code).toBe(1);
    expect(output).toContain('main moved during this push');
    expect(await project.page()).toBe('slow');
  });
});

describe('a client that goes away', () => {
  it('in the middle of a build does not change how the push ends', async () => {
    await using project = await Project.create(gitkube);
    await using gate = await Gate.make();
    const { push, commit } = await pushSlowly(project, gate);
    // ssh, too: it would stay until there is something to send to git.
    const client = descendants(process.pid).filter(
      ({ command }) =>
        command.includes(project.url) || command.includes(`git-receive-pack '/${project.namespace}/app'`),
    );
    for (const { pid } of client) process.kill(pid, 'SIGKILL');
    await push;
    gate.open();
    await eventually(async () => (await project.tryGit(['ls-remote', project.url, 'releases/1'])).stdout !== '');
    expect(await project.page()).toBe('slow');
    const head = await project.tryGit(['ls-remote', project.url, 'refs/heads/main']);
    expect(head.stdout).toContain(commit);
    expect((await project.push()).output).toContain('Everything up-to-date');
  });
});

describe('twenty pushes at once to twenty Remotes', () => {
  it('all run', async () => {
    // A few have a pod that serves a page; of all it is seen which image they have.
    const withPod = 4;
    const projects = await Promise.all(
      Array.from({ length: 20 }, (_, index) => Project.create(gitkube, { replicas: index < withPod ? 1 : 0 })),
    );
    try {
      const pushes = await Promise.all(projects.map((project) => project.push()));
      expect(pushes.filter(({ code }) => code !== 0).map(({ output }) => output)).toEqual([]);
      const images = await Promise.all(projects.map((project) => project.image()));
      const own = ({ namespace }: Project) => new RegExp(`/${namespace}-app-\\S+@sha256:[0-9a-f]{64}$`);
      for (const [index, project] of projects.entries()) expect(images[index]).toMatch(own(project));
      const pages = await Promise.all(projects.slice(0, withPod).map((project) => project.page()));
      expect(new Set(pages)).toEqual(new Set(['www 1']));
    } finally {
      await Promise.all(projects.map((project) => project[Symbol.asyncDispose]()));
    }
  }, 300_000);
});
