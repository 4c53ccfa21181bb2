import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

describe('two pushes at once to one Remote', () => {
  it('the second waits and is told behind whom, then builds on the first', async () => {
    await using project = await Project.create(gitkube);
    await project.writeApp('www', 'slow', appDockerfile('RUN sleep 3'));
    await project.commit('a slow build');
    const building = outputWith('building www');
    const first = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: building.onOutput });
    await building.seen;
    await project.writeApp('www', 'www 2');
    await project.commit('on top of it');
    const second = await project.push();
    expect((await first).code).toBe(0);
    expect(second.output).toMatch(/waiting for the push before this one: main [0-9a-f]{7} by id@test/);
    expect(second.output).toContain('Released releases/2');
    expect(second.code).toBe(0);
    expect(await project.page()).toBe('www 2');
  });

  it('a waiting push is replaced by a newer one of the branch', async () => {
    await using project = await Project.create(gitkube);
    await project.writeApp('www', 'slow', appDockerfile('RUN sleep 5'));
    await project.commit('a slow build');
    const building = outputWith('building www');
    const first = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: building.onOutput });
    await building.seen;
    await project.commit('second');
    const waiting = outputWith('waiting for the push');
    const second = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    await project.commit('third');
    const third = await project.push();
    expect((await second).output).toContain('a newer push took the place of this one');
    expect([(await first).code, (await second).code, third.code]).toEqual([0, 1, 0]);
  });

  it('of unrelated histories: the second is refused before it builds anything', async () => {
    await using project = await Project.create(gitkube);
    await project.writeApp('www', 'slow', appDockerfile('RUN sleep 3'));
    await project.commit('a slow build');
    const building = outputWith('building www');
    const first = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: building.onOutput });
    await building.seen;
    await project.git('checkout', '-q', '--orphan', 'other');
    await project.commit('unrelated');
    const second = await project.push();
    expect((await first).code).toBe(0);
    expect(second.code).toBe(1);
    expect(second.output).toContain('main moved while this push was on its way');
    expect(await project.page()).toBe('slow');
  });
});

describe('a client that goes away', () => {
  it('in the middle of a build: the push ends as if it had stayed', async () => {
    await using project = await Project.create(gitkube);
    await project.writeApp(
      'www',
      'finished without a client',
      appDockerfile('RUN for i in 1 2 3; do echo $i; sleep 1; done'),
    );
    const commit = await project.commit('a slow build');
    const building = outputWith('building www');
    const kill = new AbortController();
    const push = project.tryGit(['push', project.url, 'HEAD:main'], {
      onOutput: building.onOutput,
      signal: kill.signal,
    });
    await building.seen;
    kill.abort();
    await push;
    await eventually(async () => (await project.tryGit(['ls-remote', project.url, 'releases/1'])).stdout !== '');
    expect(await project.page()).toBe('finished without a client');
    const head = await project.tryGit(['ls-remote', project.url, 'refs/heads/main']);
    expect(head.stdout).toContain(commit);
    expect((await project.push()).output).toContain('Everything up-to-date');
  });
});

describe('twenty pushes at once to twenty Remotes', () => {
  it('all run', async () => {
    const projects = await Promise.all(Array.from({ length: 20 }, () => Project.create(gitkube)));
    try {
      const pushes = await Promise.all(projects.map((project) => project.push()));
      expect(pushes.filter(({ code }) => code !== 0).map(({ output }) => output)).toEqual([]);
      const pages = await Promise.all(projects.map((project) => project.page()));
      expect(new Set(pages)).toEqual(new Set(['www 1']));
    } finally {
      await Promise.all(projects.map((project) => project[Symbol.asyncDispose]()));
    }
  }, 300_000);
});
