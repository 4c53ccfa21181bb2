/** SIGTERM, as Kubernetes stops a pod. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_HTTP_LISTEN: '127.0.0.1:0', GITKUBE_SHUTDOWN_GRACE_SECONDS: '60' });
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const readiness = async () => (await fetch(`http://127.0.0.1:${gitkube.httpPort}/readyz`)).status;

const isJournal = (path: string) => path.endsWith('gitkube-deploying.json');

/** A first version that runs, and a push of a second one that is rolling out. */
async function rollingOut(project: Project, command: string) {
  await project.push();
  await project.writeApp('www', 'www 2', appDockerfile('', command));
  const commit = await project.commit('second version');
  const rollout = outputWith(/new pod ready, waiting/);
  const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: rollout.onOutput });
  await rollout.seen;
  return { push, commit };
}

/** Of it a fifth is for the end, with a watchdog behind it: a busy machine needs seconds. */
const brief = { GITKUBE_SHUTDOWN_GRACE_SECONDS: '20' };

describe('a server that is stopped', () => {
  it('ends pushes that build, wait or are still sending with that reason, and leaves nothing running', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    await using gate = await Gate.make();
    await project.writeApp('www', 'www x', appDockerfile(`RUN ${gate.pass}`));
    await project.commit('slow');
    const first = project.push();
    await gate.reached;
    await project.commit('next');
    const waiting = outputWith('waiting for the push before');
    const second = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    using uploading = await project.connect();
    const upload = await uploading.exec(`git-receive-pack '/${project.namespace}/app'`);
    const running = descendants(gitkube.pid).map(({ pid }) => pid);
    await gitkube.stop();
    for (const { code, output } of [await first, await second]) {
      expect(output).toMatch(/error: the server is restarting.*\n.*hint: push again/);
      expect(code).toBe(1);
    }
    expect(await upload.output).toMatch(/gitkube: the server is restarting\nhint: push again/);
    await eventually(async () => !running.some((pid) => existsSync(`/proc/${pid}`)));
    await gitkube.start();
  });

  it('finishes the rollout under way, refuses new pushes, and is not ready', async () => {
    await using project = await Project.create(gitkube);
    await using other = await Project.create(gitkube, { replicas: 0 });
    await using gate = await Gate.make();
    const { push, commit } = await rollingOut(project, `${gate.pass} && exec httpd -f -p 8080 -h /www`);
    const ready = () => gitkube.log.findLast((line) => line.includes('"msg":"ready"')) ?? '';
    const hostKey = () => /"hostKey":"(SHA256:[^"]+)"/.exec(ready())?.[1] ?? 'none';
    const key = hostKey();
    const stopped = gitkube.stop();
    await eventually(async () => (await readiness()) === 503);
    expect((await other.push()).output).toMatch(/the server is restarting\n.*push again/);
    gate.open();
    const { code, output } = await push;
    expect(output).toContain('finishing this rollout first');
    expect(output).toContain('Released releases/2');
    expect(code).toBe(0);
    await stopped;
    expect(gitkube.exitCode).toBe(0);
    await gitkube.start();
    expect(hostKey()).toBe(key);
    expect(key).toMatch(/^SHA256:/);
    expect(await project.page()).toBe('www 2');
    expect((await project.tryGit(['ls-remote', project.url, 'main'])).stdout).toContain(commit);
  });

  // These have servers of their own, and wait for the end of their grace most of the time.
  it.concurrent('rolls back a rollout that does not end in time, and the push says why', async () => {
    await using impatient = await Gitkube.start(brief);
    await using project = await Project.create(impatient);
    const { push } = await rollingOut(project, 'sleep 1000');
    await impatient.stop();
    const { code, output } = await push;
    expect(output).toMatch(/error: the server is restarting/);
    expect(code).toBe(1);
    expect(impatient.exitCode).toBe(0);
    await impatient.start();
    expect(await project.page()).toBe('www 1');
    expect((await project.tryGit(['ls-remote', project.url, 'refs/tags/*'])).stdout).not.toContain('releases/2');
  });

  it.concurrent.each(['Deployment', 'StatefulSet'] as const)(
    'restores a %s that takes longer to run again than the time left, says so, and leaves the rest to the next server',
    async (kind) => {
      await using impatient = await Gitkube.start(brief);
      const deploymentSpec = kind === 'Deployment' ? { strategy: { type: 'Recreate' } } : {};
      await using project = await Project.create(impatient, { kinds: { www: kind }, deploymentSpec });
      const { push } = await rollingOut(project, 'sleep 1000');
      // So long has the version before to be ready until it counts: longer than the server has left.
      await project.kubectl('patch', kind, 'www', '-p', JSON.stringify({ spec: { minReadySeconds: 20 } }));
      await impatient.stop();
      const { code, output } = await push;
      expect(output).toMatch(/error: the server is restarting; www: restored, and the server stopped before/);
      expect(output).toMatch(/hint: push again in a moment/);
      expect([code, impatient.exitCode]).toEqual([1, 0]);
      const journal = async () => (await readdir(impatient.dataFolder, { recursive: true })).filter(isJournal);
      expect(await journal()).toHaveLength(1);
      await impatient.start();
      await eventually(async () => (await journal()).length === 0);
      expect(await project.page()).toBe('www 1');
    },
  );

  it.concurrent('by an unhandled fault ends in the same way, with an exit code of failure', async () => {
    const fault = "process.on('SIGUSR2', () => { throw new Error('a fault') })";
    const options = `--import=data:text/javascript,${encodeURIComponent(fault)}`;
    await using faulty = await Gitkube.start({ NODE_OPTIONS: options, GITKUBE_SHUTDOWN_GRACE_SECONDS: '60' });
    await using project = await Project.create(faulty);
    await using gate = await Gate.make();
    const { push } = await rollingOut(project, `${gate.pass} && exec httpd -f -p 8080 -h /www`);
    process.kill(faulty.pid, 'SIGUSR2');
    await eventually(async () => faulty.log.some((line) => line.includes('"msg":"stopping"')));
    gate.open();
    const { code, output } = await push;
    expect(output).toContain('Released releases/2');
    expect(code).toBe(0);
    await eventually(async () => faulty.exitCode === 1);
    expect(faulty.log.find((line) => line.includes('"level":"fatal"'))).toContain('a fault');
    await faulty.start({ NODE_OPTIONS: '' });
  });
});
