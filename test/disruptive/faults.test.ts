import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restartApiServer } from '../cluster/rig.ts';
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

const readyAfter4s = appDockerfile('', 'sleep 4; exec httpd -f -p 8080 -h /www');
const rollingOut = /new pod ready, waiting/;

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
