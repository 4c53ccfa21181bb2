import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Access } from '../access/access.ts';
import type { Wish } from '../access/may.ts';
import { noAudit } from '../access/testing/no-audit.ts';
import type { Verb } from '../access/verbs.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { Deploy } from '../deploys/deploy.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { Phase } from '../deploys/phases.ts';
import { ControlGateway, type ControlGatewayOptions } from './control-gateway.ts';

const me = { fingerprint: 'mine', name: 'me elsewhere' };
const stranger = { fingerprint: 'other', name: 'stranger' };
const app = { namespace: 'ns', name: 'app' };
const keys = [{ fingerprint: 'mine', comment: 'me' }];
const remote = { id: 'ns/app', ...app, uid: 'u1', keys } as unknown as Remote;
const released = { result: 'released', release: 7 } as const;

/** The release that is watched. */
let watched: number | undefined;
let underWay: Deploy[];
let current: Remote;
let gateway: ControlGateway;

beforeEach(() => {
  underWay = [];
  current = remote;
  watched = undefined;
  const record = {
    read: async () => ({ branch: 'main', commit: 'c0ffee0123', by: { name: 'ada' }, verdict: released }),
  };
  gateway = new ControlGateway({
    remotes: { byFingerprint: ({ length }) => (length === 4 ? [remote] : []), elsewhere: () => [] },
    access: new Access({
      remotes: {
        entry: (id) => (id === 'ns/app' ? ({ remote: current } as never) : undefined),
        byOldName: () => undefined,
        judged: async () => {},
      },
      audit: noAudit,
      clock: new ManualClock(),
      urlForm: () => 'ssh://host/<namespace>/<name>',
    }),
    branches: async () => ['main'],
    repositories: { findOf: async () => ({}) as never },
    records: { find: async (_, id) => (id === 'over' ? (record as never) : undefined) },
    underWay: {
      of: ({ uid }) => (uid === 'u1' ? underWay : []),
      ofAll: () => [],
      requireOpen: () => {},
      requireRoom: () => {},
      add: () => {},
    },
    context: { log: silentLogger } as DeployContext,
    owner: { open: async () => ({}) as never },
    watches: { cancel: async () => watched },
  });
});

/** One that ends as soon as it is cancelled, unless it is too late. */
function begin(id: string, phase: Phase, by = 'bob') {
  const { promise: outcome, resolve } = Promise.withResolvers<DeployOutcome | undefined>();
  const deploy = {
    ...{
      id,
      remote,
      label: `main ${id} by bob`,
      outcome,
      session: { principal: { fingerprint: by }, phases: { current: phase } },
    },
    tryCancel: (error: GitkubeError) => {
      if (phase !== 'refs') resolve({ kind: 'failed', error });
      return phase !== 'refs';
    },
  };
  underWay.push(deploy as unknown as Deploy);
  return { end: resolve };
}

describe('a key that may deploy, and not operate', () => {
  beforeEach(() => {
    current = { ...remote, access: [{ keys: [me.fingerprint], rights: ['deploy'] }] };
  });

  it('cancels what it has asked for itself', async () => {
    begin('d1', 'build', me.fingerprint);
    const { verdict } = await gateway.cancel(app, undefined, me);
    expect(await verdict).toEqual(cancelled);
  });

  it('cancels no deploy of another key on a branch that it may not operate', async () => {
    const own = { keys: [me.fingerprint], rights: ['deploy'] } as const;
    current = { ...remote, access: [own, { keys: [me.fingerprint], rights: ['operate'], branches: ['preview/*'] }] };
    begin('d1', 'build');
    await expect(gateway.cancel(app, undefined, me)).rejects.toMatchObject({ reason: 'AccessDenied' });
  });

  it('cancels no deploy of another key, and not the watch of a release', async () => {
    watched = 3;
    await expect(gateway.cancel(app, undefined, me)).rejects.toMatchObject({ reason: 'AccessDenied' });
    begin('d1', 'build');
    await expect(gateway.cancel(app, undefined, me)).rejects.toThrow('may not cancel deploys of others to ns/app');
  });
});

const cancelled = { result: 'failed', reason: 'Cancelled', message: 'cancelled by me' };

it('a cancel is asked for as one of an own deploy first, and a deploy by its kind', async () => {
  const asked: Verb[] = [];
  const access = {
    known: async () => {},
    authorize: (_name: unknown, _principal: unknown, { verb }: Wish) => {
      asked.push(verb);
      throw new GitkubeError('RemoteUnknown', 'no such Remote');
    },
  };
  const strict = new ControlGateway({ access } as unknown as ControlGatewayOptions);
  await expect(strict.cancel(app, undefined, me)).rejects.toThrow('no such Remote');
  const trigger = { kind: 'rollback', ask: () => Promise.reject(new Error('asked')) } as const;
  await expect(strict.deploy(app, trigger, undefined, me)).rejects.toThrow('no such Remote');
  expect(asked).toEqual(['withdraw', 'rollback']);
});

describe('cancelling', () => {
  it('ends the deploy that has its turn, and lists those that wait', async () => {
    begin('waits', 'queue');
    begin('builds', 'build');
    const { id, label, waiting, verdict } = await gateway.cancel(undefined, undefined, me);
    expect({ id, label, waiting }).toEqual({
      id: 'builds',
      label: 'main builds by bob',
      waiting: ['waits   main waits by bob'],
    });
    expect(await verdict).toEqual(cancelled);
  });

  it('says whether it goes on, as what migrates does unless it is ended by force', async () => {
    begin('migrates', 'migrate');
    expect(await gateway.cancel(app, undefined, me)).toMatchObject({ goesOn: true });
    begin('other', 'migrate');
    expect(await gateway.cancel(app, 'other', me, true)).toMatchObject({ goesOn: false });
    begin('builds', 'build');
    expect(await gateway.cancel(app, 'builds', me)).toMatchObject({ goesOn: false });
  });

  it('ends the deploy that has its turn, not one that was received before and has not asked for it', async () => {
    begin('received', 'receive');
    begin('builds', 'build');
    expect((await gateway.cancel(app, undefined, me)).id).toBe('builds');
  });

  it('ends a waiting deploy by its id', async () => {
    begin('waits', 'queue');
    begin('builds', 'build');
    const { id, waiting, verdict } = await gateway.cancel(app, 'waits', me);
    expect({ id, waiting, verdict: await verdict }).toEqual({ id: 'waits', waiting: [], verdict: cancelled });
  });

  it('needs an id when several wait and none has its turn', async () => {
    begin('one', 'queue');
    expect((await gateway.cancel(app, undefined, me)).id).toBe('one');
    begin('two', 'queue');
    await expect(gateway.cancel(app, undefined, me)).rejects.toMatchObject({
      reason: 'UsageInvalid',
      hint: [
        'name one of them: ssh -p <port> git@<host> cancel ns/app <id>',
        'one   main one by bob',
        'two   main two by bob',
      ],
    });
  });

  it('is too late when the refs are written, and waits for the outcome', async () => {
    const { end } = begin('late', 'refs');
    const { verdict } = await gateway.cancel(app, undefined, me);
    end({ kind: 'released', release: { number: 7 }, releases: [] } as unknown as DeployOutcome);
    expect(await verdict).toEqual(released);
  });

  it('of a deploy that has ended reports its outcome', async () => {
    const { label, verdict } = await gateway.cancel(app, 'over', me);
    expect([label, await verdict]).toEqual(['main c0ffee0 by ada', released]);
  });

  it('ends the watch of the last release where nothing is under way, and by no id', async () => {
    watched = 7;
    const { label, verdict } = await gateway.cancel(app, undefined, me);
    expect(label).toBe('releases/7 runs on, whatever its pods do');
    expect(await verdict).toMatchObject({ result: 'failed', reason: 'Cancelled' });
    await expect(gateway.cancel(app, 'gone', me)).rejects.toMatchObject({ reason: 'DeployNotFound' });
  });

  it('finds nothing where nothing is under way, or nothing of this id', async () => {
    const reason = 'DeployNotFound';
    const none = { reason, message: 'nothing is under way to ns/app' };
    await expect(gateway.cancel(app, undefined, me)).rejects.toMatchObject(none);
    const unknown = { reason, message: 'ns/app has no record of deploy gone' };
    await expect(gateway.cancel(app, 'gone', me)).rejects.toMatchObject(unknown);
  });

  it('is refused to another key as if there were no such Remote', async () => {
    begin('builds', 'build');
    const refused = { reason: 'RemoteUnknown', message: 'no Remote ns/app accepts the key other' };
    await expect(gateway.cancel(app, 'builds', stranger)).rejects.toMatchObject(refused);
  });
});
