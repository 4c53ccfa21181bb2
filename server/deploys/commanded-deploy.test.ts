import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError, shuttingDown } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { remoteUrl } from '../../base/server-hints.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import { type Commanded, CommandedDeploy } from './commanded-deploy.ts';
import type { DeployContext } from './context.ts';
import { environmentOf } from './environment.ts';
import type { DeployEvent } from './events.ts';
import { readJournal } from './journal.ts';
import { PushQueue } from './queue.ts';
import { recoverOne } from './recover.ts';

const target = { kind: 'Deployment', name: 'www', containers: [{ name: 'app', path: '.', dockerfile: 'Dockerfile' }] };
const remote = {
  ...{ id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1', rolloutTimeoutSeconds: 1, problems: [] },
  keys: [{ fingerprint: 'mine' }],
  deployments: [target],
  tasks: [],
} as unknown as Remote;
const image = { target: { deployment: 'www', container: { name: 'app' } }, label: 'www/app', repository: 'r/www' };
const reference = 'r/www@sha256:1';
const built = { ...image, buildKey: 'k', reference, digest: 'sha256:1', built: true, buildMs: 1, pushMs: 1 };
const snapshot = { kind: 'Deployment', namespace: 'ns', name: 'www', uid: 'w1', images: {}, annotations: {} };
const cancelled = new GitkubeError('Cancelled', 'cancelled by me');

let bare: BareRepository;
let queue: PushQueue;
let events: DeployEvent[];
let runs: string;
/** Called when everything is patched; the rollout lasts until it resolves. */
let rollOut: () => Promise<void>;

beforeEach(async () => {
  bare = await BareRepository.create();
  queue = new PushQueue(1);
  events = [];
  runs = 'old';
  rollOut = async () => {};
});
afterEach(() => bare[Symbol.asyncDispose]());

function makeContext(): DeployContext {
  const bus = new Bus<DeployEvent>(silentLogger);
  for (const kind of ['deployAsked', 'deployStarted', 'deployFinished'] as const)
    bus.on(kind, (one) => events.push(one));
  const deploy = async (request: { beforePatch: (snapshots: unknown[]) => Promise<void>; signal: AbortSignal }) => {
    await request.beforePatch([snapshot]);
    runs = 'new';
    await untilAborted(rollOut(), request.signal);
    return [{ kind: 'Deployment', name: 'www', changed: true, rolloutMs: 1 }];
  };
  const restore = async () => {
    runs = 'old';
  };
  const undo = { deployer: { restore }, applier: {}, clock: new ManualClock(), log: silentLogger };
  const context: Partial<DeployContext> = {
    ...{ clock: new ManualClock(), log: silentLogger, queue, events: bus, defaultRegistry: 'r' },
    onceReported: () => {},
    urlForm: () => remoteUrl(),
    recover: async (repository, own) => (await recoverOne(undo as never, repository, own))?.remains ?? [],
    remotes: { all: () => [remote], entries: () => [], get: () => remote, entry: () => remote } as never,
    builder: { plan: async () => [image], build: async () => [built] } as never,
    deployer: { inspect: async () => [], deploy, restore, waitUntilRestored: async () => {} } as never,
    applier: {} as never,
    env: new MemoryConfigs().store(),
    tasks: noTasks as never,
  };
  return context as DeployContext;
}

const ask: Commanded['ask'] = async () => ({
  revision: { branch: 'main', ref: 'refs/heads/main', oid: bare.next, oldOid: bare.old, git: {} },
  options: { noCache: false, skipDeploy: false, dryRun: false },
  stillFits: async () => {},
});

function begin(change: Partial<Commanded> = {}): CommandedDeploy {
  const principal = { name: 'me', fingerprint: 'mine' };
  const parts = { context: makeContext(), remote, repository: bare.repository, principal };
  return new CommandedDeploy(parts, { kind: 'rollback', ask, ...change });
}

async function saidBy({ output }: CommandedDeploy): Promise<string> {
  let said = '';
  for await (const text of output.until(new AbortController().signal)) said += text;
  return said;
}

describe('a deploy that a command asks for', () => {
  it('goes all the way, is reported as any other one, and leaves its turn', async () => {
    const commanded = begin();
    expect(await saidBy(commanded)).toMatch(/^Gitkube: ns\/app, main \w{7} by me\n[\s\S]*\nReleased releases\/\d+: /);
    expect(await commanded.deploy.outcome).toMatchObject({ kind: 'released' });
    await commanded.done;
    expect([runs, queue.running]).toEqual(['new', 0]);
    expect(events.map(({ kind }) => kind)).toEqual(['deployAsked', 'deployStarted', 'deployFinished']);
    expect(events[0]).toMatchObject({ deploy: { trigger: { kind: 'rollback', via: 'ssh' } } });
  });

  it('is undone when it is cancelled while it rolls out', async () => {
    const rolling = Promise.withResolvers<void>();
    rollOut = () => {
      rolling.resolve();
      return new Promise(() => {});
    };
    const commanded = begin();
    await rolling.promise;
    expect(runs).toBe('new');
    expect(commanded.deploy.tryCancel(cancelled)).toBe(true);
    expect(await saidBy(commanded)).toMatch(/\nerror: cancelled by me\n$/);
    await commanded.done;
    expect([runs, await readJournal(bare.repository.path)]).toEqual(['old', undefined]);
  });

  it('is ended while it waits for its turn when the server stops', async () => {
    const leave = queue.hold({ environment: environmentOf(remote), label: 'somebody' });
    const commanded = begin();
    const output = commanded.output.until(new AbortController().signal);
    expect((await output.next()).value).toContain('waiting for the push before this one: somebody');
    commanded.deploy.drain(shuttingDown());
    await commanded.done;
    expect(await commanded.deploy.outcome).toMatchObject({ kind: 'failed', error: { reason: 'ShuttingDown' } });
    leave();
    expect([runs, queue.waiting]).toEqual(['old', 0]);
  });

  it('is named to a deploy that waits behind it', async () => {
    const rolling = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    rollOut = () => {
      begun.resolve();
      return rolling.promise;
    };
    const first = begin();
    await begun.promise;
    const second = begin();
    const output = second.output.until(new AbortController().signal);
    expect((await output.next()).value).toMatch(/^waiting for the rollback before this one: main \w{7} by me\n/);
    rolling.resolve();
    await Promise.all([first.done, second.done]);
    expect(await second.deploy.outcome).toMatchObject({ kind: 'unchanged' });
  });

  it('leaves alone the locks of a push that is being received', async () => {
    const lock = join(bare.repository.path, 'refs/tags/v1.lock');
    bare.repository.beginReceive();
    await writeFile(lock, '');
    expect(await saidBy(begin())).toContain('Released releases/');
    expect(existsSync(lock)).toBe(true);
  });

  it('fails with what is wrong with what was asked for', async () => {
    const error = new GitkubeError('ReleaseNotFound', 'ns/app has no releases/9', { hint: 'there are none' });
    const commanded = begin({ ask: () => Promise.reject(error) });
    expect(await saidBy(commanded)).toBe('error: ns/app has no releases/9\nhint: there are none\n');
    expect(await commanded.deploy.outcome).toEqual({ kind: 'failed', error });
    await commanded.done;
    expect(events).toEqual([]);
  });
});
