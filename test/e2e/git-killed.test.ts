import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { HeldRefs } from '../support/held-refs.ts';
import { killGit, killNoGit } from '../support/kill-git.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;
let serial = 0;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube, { replicas: 0, spec: { reconcile: true } });
  expect((await project.push()).code).toBe(0);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

/** The workload has a pod only where a test looks at it or waits for it. */
async function scale(replicas: number): Promise<void> {
  await project.kubectl('scale', 'deployment/www', `--replicas=${replicas}`);
  await project.kubectl('rollout', 'status', 'deployment/www', '--timeout=120s');
}

const repository = () => join(gitkube.dataFolder, 'repositories', project.namespace, 'app.git');

async function nextVersion(): Promise<string> {
  const page = `version ${++serial}`;
  await project.writeApp('www', page);
  await project.commit(page);
  return page;
}

/** The last release, which branch, tag and workload have to agree on, as the repository of the server has them. */
async function lastRelease(): Promise<string> {
  const git = (...args: string[]) => must('git', ['-C', repository(), ...args]);
  const format = '--format=%(refname:short) %(*objectname) %(contents)';
  const [last = ''] = (await git('for-each-ref', '--sort=-version:refname', format, 'refs/tags/releases')).split(
    /^(?=releases\/)/m,
  );
  const [, name, commit] = /^(\S+) (\S+)/.exec(last) ?? [];
  expect(commit).toBe((await git('rev-parse', 'refs/heads/main')).trim());
  expect(await project.image()).toBe(/image: (\S+)/.exec(last)?.[1]);
  return `${name}`;
}

/** Its page. */
async function expectNextPush(): Promise<string> {
  await killNoGit(repository());
  const page = await nextVersion();
  const { code, output } = await project.push();
  expect(output).toContain('Released releases/');
  expect(code).toBe(0);
  expect(output).toContain(`Released ${await lastRelease()}:`);
  return page;
}

const moments = [
  ['tag', 'prepared'],
  ['tag', 'committed'],
  ['branch', 'prepared'],
  ['branch', 'committed'],
] as const;

describe('git is killed while it writes a release', () => {
  describe('once', () => {
    beforeAll(() => scale(1));
    afterAll(() => scale(0));

    it.each(moments)('at the %s, %s: the pusher reads what became of it', async (step, at) => {
      const before = await lastRelease();
      await killGit(repository(), { step, at });
      const page = await nextVersion();
      const { code, output } = await project.push();
      const after = await lastRelease();
      if (code === 0) {
        expect(output).toContain(`Released ${after}:`);
        expect(await project.page()).toBe(page);
      } else {
        expect(output).toContain('git update-ref was ended by SIGKILL');
        expect(after).toBe(before);
      }
      expect(code === 0).toBe(step !== 'tag' || at !== 'prepared');
      const next = await expectNextPush();
      expect(await project.page()).toBe(next);
    });
  });

  it('each time it moves the branch: the push is refused with that reason, and pushed again it is released', async () => {
    const before = await lastRelease();
    await killGit(repository(), { step: 'branch', at: 'prepared', always: true });
    await nextVersion();
    const refused = await project.push();
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('git update-ref was ended by SIGKILL');
    expect(await lastRelease()).toBe(before);
    await killNoGit(repository());
    const { output } = await project.push();
    const after = await lastRelease();
    expect(after).not.toBe(before);
    expect(output).toContain(`Released ${after}:`);
  });

  it('with the server: after its start branch, tag and workload agree, and the next push works', async () => {
    for (const [step, at] of moments) {
      const before = await lastRelease();
      await killGit(repository(), { step, at, server: gitkube.pid });
      await nextVersion();
      expect((await project.push()).code).not.toBe(0);
      // Its last words are in the pipe until it is gone.
      await gitkube.kill();
      await gitkube.start();
      await project.push();
      expect((await lastRelease()) === before, `${step}, ${at}`).toBe(false);
      await expectNextPush();
    }
  });
});

function killHook(): void {
  const [receivePack] = descendants(gitkube.pid).filter(({ command }) => command.includes('receive-pack'));
  const [hook] = descendants(receivePack?.pid ?? 0);
  process.kill(hook?.pid ?? 0, 'SIGKILL');
}

it('when the hook dies while the release is written, the last line of Gitkube says that it runs, whatever git says', async () => {
  const before = await lastRelease();
  await nextVersion();
  await using held = await HeldRefs.make(repository());
  const pushing = project.push();
  await held.reached();
  killHook();
  await eventually(async () => gitkube.log.some((line) => line.includes('git has given up on its hook')));
  await held.release();
  const { code, output } = await pushing;
  expect(code).toBe(1);
  expect(output).toMatch(/\[remote rejected\] \S+ -> main/);
  const own = output.split('\n').filter((line) => line.startsWith('remote: '));
  const after = await lastRelease();
  expect(after).not.toBe(before);
  expect(own.join('\n')).toContain(`${after} runs, although git says that main is rejected`);
});

it('the hook of a rollout is killed: the push is refused, and what ran before runs again', async () => {
  await scale(1);
  await using gate = await Gate.make();
  const before = await lastRelease();
  const page = `version ${++serial}`;
  await project.writeApp('www', page, appDockerfile('', `${gate.pass}; exec httpd -f -p 8080 -h /www`));
  await project.commit(page);
  const pushing = project.push();
  await gate.reached;
  killHook();
  const { code, output } = await pushing;
  expect(output).toContain('proc-receive died of signal 9');
  expect(code).toBe(1);
  await eventually(async () => gitkube.log.some((line) => line.includes('git was ended before the push was done')));
  expect(await lastRelease()).toBe(before);
  gate.open();
  const next = await expectNextPush();
  expect(await project.page()).toBe(next);
  await scale(0);
});

it('locks of a dead git keep no push from being released, while the server lives and after its start', async () => {
  const locks = ['HEAD.lock', 'packed-refs.lock', 'refs/heads/main.lock', 'refs/tags/releases/99.lock'];
  const lock = () => Promise.all(locks.map((path) => writeFile(join(repository(), path), '')));
  await lock();
  await expectNextPush();
  await lock();
  await gitkube.kill();
  await gitkube.start();
  await expectNextPush();
});

it('a release tag that cannot be read keeps no push from being released: the next number comes behind it', async () => {
  const number = Number((await lastRelease()).split('/')[1]) + 1;
  await project.git('push', '-q', repository(), `HEAD:refs/tags/releases/${number}`);
  await gitkube.kill();
  await gitkube.start();
  await nextVersion();
  const { code, output } = await project.push();
  expect(code).toBe(0);
  expect(output).toContain(`the tag releases/${number} cannot be read and is skipped`);
  expect(output).toContain(`Released releases/${number + 1}`);
});
