import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { remoteUrl } from '../../base/server-hints.ts';
import type { Remote, RemoteEntry } from '../../remote-crd/index.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import type { DeployContext } from './context.ts';
import type { DeployEvent } from './events.ts';
import { readJournal } from './journal.ts';
import { OutputLines } from './output.ts';
import { Phases } from './phases.ts';
import * as pipeline from './pipeline.ts';
import { PushQueue } from './queue.ts';
import type { DeployRequest } from './request.ts';
import { Steps } from './run-steps.ts';
import type { Step } from './step.ts';

const target = { kind: 'Deployment', name: 'www', containers: [{ name: 'app', path: '.', dockerfile: 'Dockerfile' }] };
const remote = {
  id: 'ns/app',
  namespace: 'ns',
  name: 'app',
  uid: 'u1',
  problems: [],
  keys: [{ fingerprint: 'mine' }],
  deployments: [target],
  manifests: { path: 'k8s' },
  env: { kind: 'Secret', name: 'web-env' },
  tasks: [],
  rolloutTimeoutSeconds: 1,
} as unknown as Remote;
const image = { target: { deployment: 'www', container: { name: 'app' } }, label: 'www/app', repository: 'r/www' };
const built = {
  ...image,
  buildKey: 'k',
  reference: 'r/www@sha256:1',
  digest: 'sha256:1',
  built: true,
  buildMs: 1,
  pushMs: 1,
};
const snapshot = { kind: 'Deployment', namespace: 'ns', name: 'www', uid: 'w1', images: {}, annotations: {} };

let bare: BareRepository;
/** What runs in the cluster. */
let cluster: { workloads: string; objects: string };
let undone: string[];
/** The Secret of the Remote, and its snapshots. */
let configs: MemoryConfigs;
let stop: AbortController;
let queue: PushQueue;
let output: OutputLines;

beforeEach(async () => {
  bare = await BareRepository.create();
  cluster = { workloads: 'old', objects: 'old' };
  undone = [];
  configs = new MemoryConfigs();
  configs.write('web-env', { A: 'MQ==' });
  stop = new AbortController();
  queue = new PushQueue(1);
  output = new OutputLines(remote);
});
afterEach(() => bare[Symbol.asyncDispose]());

function makeContext(): DeployContext {
  const clock = new ManualClock();
  return {
    clock,
    log: silentLogger,
    queue,
    events: new Bus<DeployEvent>(silentLogger),
    onceReported: () => {},
    urlForm: () => remoteUrl(),
    recover: async () => [],
    defaultRegistry: 'r',
    env: configs.store(),
    tasks: noTasks,
    remotes: {
      all: () => [remote],
      entries: () => [],
      get: () => remote,
      entry: () => remote as unknown as RemoteEntry,
    },
    builder: { plan: async () => [image], build: async () => [built] },
    deployer: {
      inspect: async () => [],
      deploy: async ({ beforePatch }: { beforePatch: (snapshots: unknown[]) => Promise<void> }) => {
        await beforePatch([snapshot]);
        cluster.workloads = 'new';
        return [{ kind: 'Deployment', name: 'www', changed: true, rolloutMs: 1 }];
      },
      restore: async () => {
        undone.push('workloads');
        cluster.workloads = 'old';
      },
      waitUntilRestored: async () => {},
    },
    applier: {
      prepare: async () => ({ objects: [], checked: [], surplus: [], last: [] }),
      apply: async (_: unknown, { beforeApply }: { beforeApply: (journal: object) => Promise<void> }) => {
        await beforeApply({ as: 'gitkube', snapshots: [], prune: [] });
        cluster.objects = 'new';
        return [];
      },
      restore: async () => {
        undone.push('objects');
        cluster.objects = 'old';
        return [];
      },
      prune: async () => {},
      unready: async () => [],
      waitUntilReady: async () => {},
    },
  } as unknown as DeployContext;
}

function makeRequest(ending: DisposableStack): DeployRequest {
  const revision = { branch: 'main', ref: 'refs/heads/main', oid: bare.next, oldOid: bare.old, git: {} };
  return {
    id: 'p1',
    trigger: { kind: 'push', via: 'ssh' },
    principal: { fingerprint: 'mine', name: 'me' },
    asked: remote,
    repository: bare.repository,
    receivePacks: 1,
    revision,
    options: { noCache: false, skipDeploy: false, dryRun: false },
    output,
    phases: new Phases(new ManualClock()),
    forced: new AbortController().signal,
    signal: stop.signal,
    ending,
    checking: ending,
    waits: () => {},
    announced: () => {},
    receivedAt: 0,
    stillFits: async () => {},
  };
}

const why = new GitkubeError('ShuttingDown', 'the server is restarting');
const fault: Step<object, object> = {
  name: 'fault',
  run: async () => {
    throw why;
  },
};
const cancel: Step<object, object> = {
  name: 'cancel',
  run: async () => {
    stop.abort(why);
    return {};
  },
};

/** The whole way of a deploy, with one more step after the one of this name. */
async function deploy(after: string, extra: Step<object, object>): Promise<unknown> {
  using ending = new DisposableStack();
  const context = makeContext();
  // biome-ignore lint/suspicious/noExplicitAny: the steps are those of the pipeline, in their order
  const insert = (steps: Steps<any, any, any>, source: { readonly list: readonly any[] }) =>
    source.list.reduce((all, step) => (step.name === after ? all.add(step).add(extra) : all.add(step)), steps);
  const prepare = insert(Steps.from(), pipeline.prepare);
  const begin = insert(prepare.next(), pipeline.begin);
  const rollOut = insert(begin.next(), pipeline.rollOut);
  const release = insert(rollOut.next(), pipeline.release);
  try {
    const begun = await begin.check(await prepare.check(makeRequest(ending), context), context);
    return (await release.execute(await rollOut.execute(begun, context), context)).outcome.kind;
  } catch (error) {
    return error;
  }
}

it('git is started for the refs before the workloads are rolled out', async () => {
  const started = vi.spyOn(bare.repository, 'beginRelease');
  const order: string[] = [];
  const look: Step<object, object> = {
    name: 'look',
    run: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`git ${started.mock.calls.length} times, workloads ${cluster.workloads}`);
      return {};
    },
  };
  expect(await deploy('apply-manifests', look)).toBe('released');
  expect(order).toEqual(['git 1 times, workloads old']);
});

const { prepare, begin, rollOut, release } = pipeline;
const changing = ['apply-manifests', 'roll-out-workloads', 'record-release'];
const reversible = [...prepare.names, ...begin.names, ...rollOut.names];
const nothing = { name: 'nothing', run: async () => ({}) };

it('a deploy without faults is released', async () => {
  expect(await deploy('check', nothing)).toBe('released');
  expect(await bare.refs()).toBe('main next, releases/1');
  expect(cluster).toEqual({ workloads: 'new', objects: 'new' });
  expect(configs.names()).toEqual(['web-env', 'gitkube-env-app-1-p1']);
});

it('what its manifests have is known from the check on, for hints about workloads that they do not have', async () => {
  const hint = 'correct it in the pod template: kubectl -n ns edit deployment www';
  const lines: string[] = [];
  output.readBy(({ kind, text }) => kind === 'hint' && lines.push(text));
  const fail = () => output.failure(new GitkubeError('ContainerConfigError', 'no', { hint }), 'p1');
  fail();
  await deploy('check', fault);
  fail();
  expect(lines).toEqual(['correct it in the pod template, in k8s', hint]);
});

describe.each([
  ['fails', fault],
  ['is cancelled', cancel],
])('a deploy that %s', (_, extra) => {
  it.each(reversible)('after %s has changed nothing', async (step) => {
    expect(await deploy(step, extra)).toMatchObject({ reason: 'ShuttingDown', message: why.message });
    expect(cluster).toEqual({ workloads: 'old', objects: 'old' });
    expect(configs.names()).toEqual(['web-env']);
    expect(await bare.refs()).toBe('main old, no release');
    expect(await readJournal(bare.repository.path)).toBeUndefined();
    expect(queue.running).toBe(0);
  });

  it.each(changing.map((step, at) => [step, ['objects', 'workloads'].slice(0, at + 1).reverse()] as const))(
    'after %s undoes %j',
    async (step, expected) => {
      await deploy(step, extra);
      expect(undone).toEqual(expected);
    },
  );
});

it.each(release.names)('a deploy that is cancelled after %s is released', async (step) => {
  expect(await deploy(step, cancel)).not.toMatchObject({ reason: 'Internal' });
  expect(cluster).toEqual({ workloads: 'new', objects: 'new' });
  expect(await bare.refs()).toBe('main next, releases/1');
});
