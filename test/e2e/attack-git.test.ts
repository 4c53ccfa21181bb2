import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import type { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, type Project } from '../support/project.ts';
import { packedPush } from '../support/raw-ssh.ts';
import { Target } from '../support/target.ts';

let target: Target;
let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  target = await Target.start({ replicas: 1 });
  ({ gitkube, project } = target);
});
afterAll(() => target[Symbol.asyncDispose]());
afterEach(() => target.isUnharmed());

describe('an upload that is cut off', () => {
  it('leaves no process and no objects, and does no harm to another one of the same Remote', async () => {
    await project.git('fetch', '-q', project.url, 'main');
    const main = (await project.git('rev-parse', 'FETCH_HEAD')).trim();
    const commit = await project.commit('sent in two parts');
    const push = await packedPush(project.folder, main, commit, 'refs/heads/main');
    const objects = join(gitkube.dataFolder, 'repositories', project.namespace, 'app.git/objects');
    const quarantines = () => readdirSync(objects).filter((entry) => entry.startsWith('tmp_objdir-'));
    const begin = async () => {
      const attacker = await target.connect();
      const count = quarantines().length;
      const command = await attacker.exec(target.receive);
      command.channel.write(push.begin);
      await eventually(async () => quarantines().length > count);
      return { attacker, command };
    };
    const cut = await begin();
    const other = await begin();
    cut.attacker.socket.destroy();
    const receivers = () => descendants(gitkube.pid).filter((process) => process.command.includes('receive-pack'));
    await eventually(async () => receivers().length === 1);
    other.command.channel.write(push.end);
    expect(await other.command.output).toContain('ok refs/heads/main');
    other.attacker[Symbol.dispose]();
    await eventually(async () => quarantines().length === 0);
  });
});

describe('a hook that is killed', () => {
  /** The hook that git has started, then what it has started itself. */
  const hook = () => {
    const [receivePack] = descendants(gitkube.pid).filter(({ command }) => command.includes('receive-pack'));
    return descendants(receivePack?.pid ?? 0).map(({ pid }) => pid);
  };
  const state = async () => [
    await project.image(),
    (await project.tryGit(['ls-remote', project.url, 'main', 'refs/tags/*'])).stdout,
  ];

  it.each([
    ['during a build, as a whole', 'pre-receive', () => hook()],
    ['during a rollout, as a whole', 'proc-receive', () => hook()],
    // proc-receive itself becomes the cat that hands it on.
    ['during a rollout, where it hands on the verdict', 'proc-receive', () => hook().slice(0, 1)],
  ])('%s: the push is rejected, the rollout is rolled back, and no ref moves', async (_, name, pids) => {
    const before = await state();
    await using gate = await Gate.make();
    const building = name === 'pre-receive';
    const dockerfile = building ? appDockerfile(`RUN ${gate.pass}`) : appDockerfile('', 'sleep 1000');
    await project.writeApp('www', `never seen ${randomBytes(4).toString('hex')}`, dockerfile);
    await project.commit(`killed ${name}`);
    const rollingOut = outputWith(/new pod ready, waiting/);
    const pushing = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: rollingOut.onOutput });
    await (building ? gate.reached : rollingOut.seen);
    const found = pids();
    expect(found).not.toEqual([]);
    for (const pid of found) kill(pid);
    const { code, output } = await pushing;
    expect(output).toContain('[remote rejected] HEAD -> main');
    expect(code).toBe(1);
    await eventually(async () => descendants(gitkube.pid).length === 0);
    expect(await state()).toEqual(before);
    await project.git('reset', '-q', '--hard', 'HEAD~1');
  });

  function kill(pid: number): void {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended with the one before it.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
});
