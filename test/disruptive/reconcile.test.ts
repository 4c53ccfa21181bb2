/** What the status says of drift. Another server would put an older condition in place of a newer one, now and then. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilAlone } from '../support/alone.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  await untilAlone();
  gitkube = await Gitkube.start({ GITKUBE_RECONCILE_SECONDS: '1', GITKUBE_LOG_LEVEL: 'debug' });
});
afterAll(() => gitkube[Symbol.asyncDispose]());

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface Event {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

async function inSync(project: Project): Promise<Condition | undefined> {
  const { status } = await project.remote<{ readonly status?: { readonly conditions?: readonly Condition[] } }>();
  return status?.conditions?.find(({ type }) => type === 'InSync');
}

async function becomes(project: Project, reason: string, timeoutSeconds = 120): Promise<Condition> {
  const path = `{.status.conditions[?(@.type=="InSync")].reason}=${reason}`;
  await project.kubectl('wait', `--for=jsonpath=${path}`, 'remote/app', `--timeout=${timeoutSeconds}s`);
  const condition = await inSync(project);
  if (condition?.reason !== reason) throw new Error(`it was ${reason} and is ${condition?.reason}`);
  return condition;
}

async function events(project: Project, reason: string): Promise<Event[]> {
  const all = await project.list<Event>('/api/v1/events');
  return all.filter((event) => event.reason === reason);
}

/** How often the pod template was changed. */
async function revision(project: Project): Promise<number> {
  const path = String.raw`jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}`;
  return Number(await project.kubectl('get', 'deployment', 'www', '-o', path));
}

function runs(project: Project, image: string): Promise<boolean> {
  return eventually(async () => (await project.image()) === image);
}

/** Resolves when the server has looked at this Remote so often since now, with what it logs of that. */
async function looks(project: Project, count: number): Promise<string[]> {
  const seen = () => gitkube.log.filter((line) => line.includes('"compared"') && line.includes(project.namespace));
  const before = seen().length;
  return eventually(async () => seen().length >= before + count && seen().slice(before));
}

describe.concurrent('drift', () => {
  it('is in the status of the Remote, reported once, and left alone', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect(await inSync(project)).toBeUndefined();
    expect(await project.push()).toMatchObject({ code: 0 });
    const released = await project.image();
    expect(await becomes(project, 'InSync')).toMatchObject({
      status: 'True',
      message: 'all workloads run releases/1',
    });

    await project.kubectl('set', 'image', 'deployment/www', `www=${rig().baseImage}`);
    const [underWay, next] = await looks(project, 2);
    expect(`${underWay}${next}`).toContain('"Drifted"');
    const condition = await becomes(project, 'Drifted');
    expect(condition.status).toBe('False');
    expect(condition.message).toMatch(/^not as in releases\/1 since 20\S+Z: www\/www wants .*, runs /);
    expect(condition.message).toContain(released.slice(-30));
    expect(condition.message).toContain(rig().baseImage.slice(-30));
    await looks(project, 3);
    expect(await project.image()).toBe(rig().baseImage);
    const reported = await eventually(async () => {
      const found = await events(project, 'Drifted');
      return found.length > 0 && found;
    });
    expect(reported).toMatchObject([{ type: 'Warning', count: 1, message: condition.message }]);

    await project.kubectl('set', 'image', 'deployment/www', `www=${released}`);
    expect(await becomes(project, 'InSync')).toMatchObject({ status: 'True' });
  });

  it('is reported for a workload that is gone, and not for one that the Remote no longer names', async () => {
    await using project = await Project.create(gitkube, { replicas: 0, deployments: ['www', 'api'] });
    expect(await project.push()).toMatchObject({ code: 0 });
    await becomes(project, 'InSync');
    await project.kubectl('delete', 'deployment', 'api');
    expect((await becomes(project, 'Drifted')).message).toMatch(/: Deployment api does not exist$/);
    const deployments = [
      { name: 'www', containers: [{ name: 'www', path: 'www' }] },
      { name: 'new', containers: [{ name: 'new', path: 'www' }] },
    ];
    await project.applyRemote({ deployments });
    await becomes(project, 'InSync');
  });

  it('is reverted where the Remote asks for it', async () => {
    await using project = await Project.create(gitkube, { spec: { reconcile: true } });
    expect(await project.push()).toMatchObject({ code: 0 });
    const released = await project.image();
    await becomes(project, 'InSync');
    await project.kubectl('set', 'image', 'deployment/www', `www=${rig().baseImage}`);
    await runs(project, released);
    await becomes(project, 'InSync');
    expect(await project.page()).toBe('www 1');
    const repaired = await eventually(async () => {
      const found = await events(project, 'Repaired');
      return found.length > 0 && found;
    });
    expect(repaired).toMatchObject([{ type: 'Normal', count: 1 }]);
    expect(repaired[0]?.message).toMatch(
      /^runs releases\/1 again; it was not as in releases\/1 since .*www\/www wants/,
    );
    expect(await events(project, 'Drifted')).toHaveLength(1);
    await project.git('fetch', '-q', '--tags', project.url);
    expect((await project.git('tag', '-l', 'releases/*')).trim()).toBe('releases/1');
    expect(await project.kubectl('rollout', 'history', 'deployment/www')).toMatch(/releases\/1: restored by Gitkube/);
  });

  it('stays when the repair does not run, and is not tried again at once', async () => {
    await using project = await Project.create(gitkube, {
      spec: { reconcile: false, rollout: { timeoutSeconds: 20 } },
    });
    expect(await project.push()).toMatchObject({ code: 0 });
    await becomes(project, 'InSync');
    // Whatever has the page of the release crashes from now on.
    const command = ['sh', '-c', 'test ! -e /www/index.html && exec sleep 1000000'];
    const readinessProbe = { httpGet: null, exec: { command: ['true'] } };
    const container = { name: 'www', image: rig().baseImage, command, readinessProbe };
    const patch = { spec: { template: { spec: { containers: [container] } } } };
    await project.kubectl('patch', 'deployment', 'www', '--patch', JSON.stringify(patch));
    await project.kubectl('rollout', 'status', 'deployment/www', '--timeout=120s');
    await becomes(project, 'Drifted');
    const before = await revision(project);
    await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', '{"spec":{"reconcile":true}}');

    const failed = await becomes(project, 'RepairFailed');
    expect(failed.message).toMatch(/www\/www wants .*; reverting it failed: .*; next try at 20/);
    expect(await project.image()).toBe(rig().baseImage);
    expect(await revision(project)).toBe(before + 2);
    await looks(project, 3);
    expect(await revision(project)).toBe(before + 2);
    const reported = await eventually(async () => {
      const found = await events(project, 'RepairFailed');
      return found.length > 0 && found;
    });
    expect(reported).toMatchObject([{ type: 'Warning', count: 1 }]);

    // Something else is there: it is tried at once.
    await project.kubectl(
      'patch',
      'deployment',
      'www',
      '--type=json',
      '-p',
      JSON.stringify([
        { op: 'remove', path: '/spec/template/spec/containers/0/command' },
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'placeholder.invalid/none:0' },
      ]),
    );
    await becomes(project, 'InSync');
    expect(await project.page()).toBe('www 1');
  });

  it('is none while a push is under way', async () => {
    await using project = await Project.create(gitkube);
    expect(await project.push()).toMatchObject({ code: 0 });
    await becomes(project, 'InSync');
    // Several times as long as the server takes from one look to the next.
    const short = { spec: { rollout: { timeoutSeconds: 6 } } };
    await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', JSON.stringify(short));
    await project.writeApp('www', 'www 2', appDockerfile('', 'sleep 1000000'));
    await project.commit('never ready');
    const seen: (string | undefined)[] = [];
    const push = project.push();
    let over = false;
    void push.then(() => {
      over = true;
    });
    await eventually(async () => {
      seen.push((await inSync(project))?.reason);
      return over;
    }, 60_000);
    expect(await push).toMatchObject({ code: 1 });
    expect(new Set(seen)).toEqual(new Set(['InSync']));
    expect(await events(project, 'Drifted')).toEqual([]);
  });
});
