/** Somebody sets the clock of the server, or NTP does after a long time without. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';
import { WallClock } from '../support/wall-clock.ts';

const hour = 3_600_000;

let proxy: CuttableProxy;
let clock: WallClock;
let gitkube: Gitkube;

beforeAll(async () => {
  proxy = await CuttableProxy.start(rig().kubeconfig);
  clock = await WallClock.make();
  gitkube = await Gitkube.start({ ...clock.env, GITKUBE_KUBECONFIG: proxy.kubeconfig });
});
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await clock[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

/** A push of this command that is rolling out. */
async function rollingOut(project: Project, command: string) {
  await project.writeApp('www', 'www 2', appDockerfile('', command));
  await project.commit('second version');
  const rollout = outputWith(/new pod ready, waiting/);
  const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: rollout.onOutput });
  await rollout.seen;
  return push;
}

describe('a server whose clock is set', () => {
  it.each([
    ['forward', hour],
    ['back', -2 * hour],
  ])('%s gives a rollout its full time', async (_, ms) => {
    await using project = await Project.create(gitkube);
    await using gate = await Gate.make();
    const push = rollingOut(project, `${gate.pass} && exec httpd -f -p 8080 -h /www`);
    await gate.reached;
    await clock.set(gitkube, ms);
    gate.open();
    const { code, output } = await push;
    expect(output).toMatch(/Released releases\/1: main \w+ runs after [\d.]+ (?:ms|s) \(/);
    expect(code).toBe(0);
  });

  it('back still ends a rollout in time', async () => {
    await using project = await Project.create(gitkube, { spec: { rollout: { timeoutSeconds: 15 } } });
    await using gate = await Gate.make();
    const push = rollingOut(project, `${gate.pass}`);
    await gate.reached;
    await clock.set(gitkube, -hour);
    const { code, output } = await push;
    expect(output).toContain('not rolled out within 15 s');
    expect(code).toBe(1);
  });

  it('back learns of a new key although its watch is cut', async () => {
    await using project = await Project.create(gitkube);
    await project.makeKey('second');
    await clock.set(gitkube, -hour);
    proxy.cut();
    const authorizedKeys = [await project.publicKey(), await project.publicKey('second')];
    const patch = JSON.stringify({ spec: { authorizedKeys } });
    await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', patch);
    await eventually(() => project.mayLogIn('second'));
  });
});
