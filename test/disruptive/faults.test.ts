import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restartApiServer } from '../cluster/rig.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const neverReady = appDockerfile('', 'sleep 1000');
const readyAfter4s = appDockerfile('', 'sleep 4; exec httpd -f -p 8080 -h /www');
const rollingOut = /new pod ready, waiting/;

describe('the server is killed', () => {
  it('in the middle of a rollout, and branch and running image agree after its start', async () => {
    await using project = await Project.create(gitkube);
    expect((await project.push()).code).toBe(0);
    const before = await project.image();
    const head = await project.tryGit(['ls-remote', project.url, 'refs/heads/main']);
    await project.writeApp('www', 'www 2', neverReady);
    await project.commit('never ready');
    const rollout = outputWith(rollingOut);
    const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: rollout.onOutput });
    await rollout.seen;
    expect(await project.image()).not.toBe(before);
    await gitkube.kill();
    expect((await push).code).not.toBe(0);

    await gitkube.start();
    await gitkube.recovered();
    expect(await project.image()).toBe(before);
    expect((await project.tryGit(['ls-remote', project.url, 'refs/heads/main'])).stdout).toBe(head.stdout);
    expect(await project.page()).toBe('www 1');
    await project.writeApp('www', 'www 3');
    await project.commit('works again');
    expect((await project.push()).code).toBe(0);
    expect(await project.page()).toBe('www 3');
  });

  it('in the middle of a build, and nothing is changed, and the next push works', async () => {
    await using project = await Project.create(gitkube);
    const before = await project.image();
    await project.writeApp('www', 'www 1', appDockerfile('RUN sleep 60'));
    await project.commit('slow');
    const building = outputWith('RUN sleep');
    const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: building.onOutput });
    await building.seen;
    await gitkube.kill();
    expect((await push).code).not.toBe(0);
    await gitkube.start();
    expect(await project.image()).toBe(before);
    await project.writeApp('www', 'www 1');
    await project.commit('fast');
    expect((await project.push()).code).toBe(0);
  });

  it('and keeps its host key and its repositories', async () => {
    await using project = await Project.create(gitkube);
    await project.push();
    const key = () => gitkube.log.findLast((line) => line.includes('"msg":"ready"'))?.match(/"hostKey":"([^"]+)"/)?.[1];
    const before = key();
    await gitkube.stop();
    await gitkube.start();
    expect(key()).toBe(before);
    expect((await project.push()).output).toContain('Everything up-to-date');
  });
});

describe('the API server', () => {
  it('is restarted in the middle of a rollout, and the push goes on and succeeds', async () => {
    await using project = await Project.create(gitkube);
    expect((await project.push()).code).toBe(0);
    await project.writeApp('www', 'www 2', readyAfter4s);
    await project.commit('slow to start');
    const rollout = outputWith(rollingOut);
    const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: rollout.onOutput });
    await rollout.seen;
    await restartApiServer({ stateDir: rig().state, kubeconfig: rig().kubeconfig });
    const { code, output } = await push;
    expect(output).toContain('Released releases/2');
    expect(code).toBe(0);
    // What watches the API server for the Service finds it again on its own.
    await eventually(async () => (await project.page()) === 'www 2');
  });
});

describe('a watch that is cut', () => {
  it('is opened again, and a key that was added in between works soon', async () => {
    await using proxy = await CuttableProxy.start(rig().kubeconfig);
    await using behind = await Gitkube.start({ GITKUBE_KUBECONFIG: proxy.kubeconfig });
    await using project = await Project.create(behind);
    await project.makeKey('second');
    const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
    proxy.cut();
    await project.apply({
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'app', namespace: project.namespace },
      spec: { authorizedKeys: [await project.publicKey(), await project.publicKey('second')], deployments },
    });
    const asSecond = () => project.tryGit(['ls-remote', project.url], { key: 'second' });
    // Long before the silence of a dead connection is noticed.
    await eventually(async () => (await asSecond()).code === 0);
  });
});
