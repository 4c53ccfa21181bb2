/** Two servers, each with a data folder of its own, see the same Remotes: one of them serves, the other one says so. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callApi } from '../support/api-server.ts';
import { cli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { giveTo } from '../support/lease.ts';
import { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let stack: AsyncDisposableStack;
let project: Project;
let first: Gitkube;
let second: Gitkube;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  first = stack.use(await Gitkube.start());
  project = stack.use(await Project.create(first, { replicas: 0 }));
  second = stack.use(await Gitkube.start());
});
afterAll(() => stack.disposeAsync());

const url = (gitkube: Gitkube) => project.url.replace(`:${first.port}/`, `:${gitkube.port}/`);
const pushTo = (gitkube: Gitkube, ...args: string[]) => project.tryGit(['push', ...args, url(gitkube), 'HEAD:main']);

interface RemoteObject {
  readonly status: {
    readonly remoteUrl: string;
    readonly conditions: readonly { readonly type: string }[];
    readonly lastPush?: { readonly reason: string };
  };
}

const isPushing = ({ conditions }: RemoteObject['status']) => conditions.some(({ type }) => type === 'Reconciling');

async function remote(): Promise<RemoteObject> {
  const path = `/apis/gitkube.sh/v1alpha1/namespaces/${project.namespace}/remotes/app`;
  return JSON.parse(await callApi('GET', path)) as RemoteObject;
}

function doctor(gitkube: Gitkube) {
  const env = {
    GITKUBE_DATA: gitkube.dataFolder,
    GITKUBE_SERVER_NAME: gitkube.name,
    GITKUBE_KUBECONFIG: rig().kubeconfig,
    GITKUBE_NAMESPACES: project.namespace,
    GITKUBE_SSH_LISTEN: `127.0.0.1:${gitkube.port}`,
    GITKUBE_ENGINE: rig().engine,
    GITKUBE_REGISTRY: rig().registry,
    GITKUBE_INSECURE_REGISTRIES: rig().registry,
  };
  return cli(['doctor'], { env });
}

it('one of two servers serves: its address stays in the status, and the releases are its own', async () => {
  expect((await pushTo(first)).output).toContain('Released releases/1');
  const before = await eventually(async () => {
    const { status } = await remote();
    // What is compared with the release a second later is written, too: nothing comes after that.
    const isCompared = status.conditions.some(({ type }) => type === 'InSync');
    return status.lastPush?.reason === 'Released' && !isPushing(status) && isCompared && status;
  });
  expect(before.remoteUrl).toBe(project.url);
  const refused = await pushTo(second);
  expect(refused).toMatchObject({ code: 128 });
  expect(refused.output).toContain(`another Gitkube serves namespace ${project.namespace}: ${first.name}`);
  expect((await remote()).status).toEqual(before);
});

it('the other server reports this in its log and by one Event on the Remote, and refuses every key with that reason', async () => {
  const line = await eventually(async () =>
    second.log.find((one) => one.includes('not served by this server') && one.includes(project.namespace)),
  );
  expect(JSON.parse(line)).toMatchObject({ level: 'warn', namespace: project.namespace, holder: first.name });
  const path = `/api/v1/namespaces/${project.namespace}/events?fieldSelector=reason=ServedElsewhere`;
  const events = await eventually(async () => {
    const { items } = JSON.parse(await callApi('GET', path)) as { items: { message: string; count: number }[] };
    const own = items.filter(({ message }) => message.includes(second.name));
    return own.length > 0 && own;
  });
  expect(events).toMatchObject([{ count: 1, message: expect.stringContaining(`: ${first.name}`) }]);
  const fetched = await project.tryGit(['ls-remote', url(second)]);
  expect(fetched.output).toContain(`another Gitkube serves namespace ${project.namespace}`);
});

it('doctor names the holder, and finds nothing wrong on that server and a fault on the other', async () => {
  const well = await doctor(first);
  expect(well.output).toMatch(new RegExp(`^OK +leases +${first.name} serves the one namespace with Remotes$`, 'm'));
  expect(well.code).toBe(0);
  const { output, code } = await doctor(second);
  expect(output).toMatch(
    new RegExp(
      `^FAIL +leases +namespace ${project.namespace} is served by ${first.name}.*, not by ${second.name}$`,
      'm',
    ),
  );
  expect(code).toBe(1);
});

it('a server keeps its namespaces over a restart, and hands them over when they are given to the other', async () => {
  await first.stop();
  await first.start();
  await project.commit('second');
  expect((await pushTo(first)).output).toContain('Released releases/2');
  expect((await pushTo(second)).output).toContain(`: ${first.name}`);
  await giveTo(second.name, project.namespace);
  await eventually(async () => (await remote()).status.remoteUrl === url(second));
  expect((await pushTo(second)).output).toContain('Released releases/1');
  expect((await pushTo(first)).output).toContain(`: ${second.name}`);
});
