import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError, shuttingDown } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { noAudit } from '../access/testing/no-audit.ts';
import type { DeployContext } from '../deploys/context.ts';
import { Deploy } from '../deploys/deploy.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { textOf } from '../deploys/output.ts';
import { DeployRecorder } from '../deploys/records/recorder.ts';
import { DeployRecords } from '../deploys/records/records.ts';
import type { ServerEvent } from '../server-event.ts';
import { JoinedDeploy } from './joined-deploy.ts';

const ref = 'refs/heads/main';
const remote = {
  ...{ id: 'ns/app', namespace: 'ns', name: 'app', environment: '', uid: 'u1', problems: [] },
  keys: [{ fingerprint: 'ada' }, { fingerprint: 'bob' }],
} as unknown as Remote;
const failed: DeployOutcome = { kind: 'failed', error: new GitkubeError('BuildFailed', 'www: exit code 7') };
const released = { kind: 'released', release: { number: 7 }, releases: [] } as unknown as DeployOutcome;

let bare: BareRepository;
let bus: Bus<ServerEvent>;
let clock: ManualClock;
/** As the cluster has it. */
let current: Remote;
let records: DeployRecords;
let recorder: DeployRecorder;
let first: Deploy;

beforeEach(async () => {
  bare = await BareRepository.create();
  bus = new Bus(silentLogger);
  clock = new ManualClock();
  current = remote;
  recorder = new DeployRecorder({ repositories: { find: async () => bare.repository }, clock, log: silentLogger });
  recorder.subscribe(bus);
  records = new DeployRecords(recorder);
  first = makeDeploy('ada');
  const revision = { branch: 'main', oid: bare.next };
  const trigger = { kind: 'push', via: 'ssh' };
  bus.emit({ kind: 'deployAsked', deploy: { ...first.session, asked: remote, trigger, revision } as never });
  first.session.output.stage('Gitkube: ns/app');
});
afterEach(async () => {
  first.finish(failed);
  await recorder.flush();
  await bare[Symbol.asyncDispose]();
});

function makeContext(): DeployContext {
  const remotes = { entry: () => ({ uid: 'u1' }), get: () => current };
  const urlForm = () => 'ssh://git@host/<namespace>/<name>';
  return {
    audit: noAudit,
    clock,
    log: silentLogger,
    events: bus,
    onceReported: () => {},
    urlForm,
    remotes,
  } as unknown as DeployContext;
}

function makeDeploy(fingerprint: string): Deploy {
  const principal = { name: fingerprint, fingerprint };
  return new Deploy({ context: makeContext(), remote, repository: bare.repository, principal, receivePacks: 1 });
}

/** A second push of the same, and what its pusher reads. */
function join() {
  const own = makeDeploy('bob');
  const said: string[] = [];
  own.session.output.readBy((line) => said.push(textOf(line)));
  return { own, said, joined: new JoinedDeploy({ context: makeContext(), records, own, other: first }) };
}

/** All that is needed of a deploy that is checked and built. */
function prepare(change: object = {}): void {
  const revision = { ref, branch: 'main', oid: bare.next, oldOid: bare.old };
  const prepared = { revision, commit: bare.next, current: bare.old, isShallow: false, isKnown: true, ...change };
  Object.defineProperty(first, 'prepared', { value: Promise.resolve(prepared) });
}

function fail(): void {
  first.session.output.failure((failed as { error: GitkubeError }).error, first.id);
  first.finish(failed);
}

describe('a push that has joined a deploy', () => {
  it('has its output from the first line on and its verdict, and reports no deploy of its own', async () => {
    const { said, joined, own } = join();
    prepare();
    expect(await joined.isPrepared()).toBe(true);
    first.session.output.say('hello: rolled out');
    first.finish(released);
    expect(await joined.verdict(ref)).toEqual({ verdict: { ref, ok: true }, outcome: released });
    expect(said).toEqual([
      expect.stringMatching(/^Joined deploy \w{10} of .*, which began 0 ms ago: its output$/),
      'Gitkube: ns/app',
      '  hello: rolled out',
    ]);
    await own.end();
    expect(await own.outcome).toBeUndefined();
    const [record] = await records.all(bare.repository);
    expect(record?.joined).toMatchObject([{ name: 'bob' }]);
  });

  it('is answered as the other one where it only builds', async () => {
    prepare();
    const { joined } = join();
    first.finish({ kind: 'built' });
    const options = { refname: 'refs/builds/main', 'new-oid': bare.next };
    expect((await joined.verdict(ref)).verdict).toEqual({ ref, ok: true, options });
  });

  it('leaves the branch to the git of the other one, whose pusher has a shallow clone', async () => {
    prepare({ isShallow: true });
    const { joined } = join();
    first.finish(released);
    expect((await joined.verdict(ref)).verdict).toEqual({ ref, ok: true });
  });

  it('that fails before anything has changed ends there, after the words of the other one', async () => {
    const { said, joined } = join();
    fail();
    expect(await joined.isPrepared()).toBe(false);
    expect(await joined.reason()).toBe('www: exit code 7');
    expect(said.slice(1)).toEqual(['Gitkube: ns/app', 'error: www: exit code 7']);
  });

  it('that fails while it rolls out is rejected with the same reason', async () => {
    prepare();
    const { joined } = join();
    fail();
    expect((await joined.verdict(ref)).verdict).toEqual({ ref, ok: false, reason: 'www: exit code 7' });
  });

  it('reads the reason also where no line could be kept', async () => {
    const find = async () => undefined;
    const own = makeDeploy('bob');
    const said: string[] = [];
    own.session.output.readBy((line) => said.push(textOf(line)));
    const joined = new JoinedDeploy({
      context: makeContext(),
      records: { ...records, find } as never,
      own,
      other: first,
    });
    fail();
    expect(await joined.isPrepared()).toBe(false);
    expect(await joined.reason()).toBe('www: exit code 7');
    expect(said.slice(1)).toEqual(['error: www: exit code 7']);
  });

  it('has the verdict also where the record cannot be read', async () => {
    prepare();
    const find = async () => Promise.reject(new Error('EIO'));
    const own = makeDeploy('bob');
    const joined = new JoinedDeploy({
      context: makeContext(),
      records: { ...records, find } as never,
      own,
      other: first,
    });
    expect(await joined.isPrepared()).toBe(true);
    first.finish(released);
    expect((await joined.verdict(ref)).verdict).toEqual({ ref, ok: true });
  });

  it('that is cancelled, or whose client git has given up, leaves the deploy alone', async () => {
    const { own, joined } = join();
    const over = joined.isPrepared();
    own.cancel(new GitkubeError('Cancelled', 'git was ended'));
    await expect(over).rejects.toMatchObject({ message: 'git was ended' });
    expect([first.session.signal.aborted, first.isFinished]).toEqual([false, false]);
  });

  it('is not ended before the deploy when the server stops: a rollout is finished', async () => {
    const { own } = join();
    first.session.phases.begin('rollout');
    for (const one of [first, own]) one.drain(shuttingDown());
    expect([first.session.signal.aborted, own.session.signal.aborted]).toEqual([false, false]);
  });

  it('reads nothing more once its key may not deploy any more', async () => {
    const { said, joined } = join();
    const over = joined.isPrepared();
    await expect.poll(() => said.length).toBe(2);
    current = { ...remote, keys: [] };
    first.session.output.say('a secret');
    await expect(over).rejects.toMatchObject({ reason: 'RemoteUnknown' });
    expect(said).toHaveLength(2);
  });
});
