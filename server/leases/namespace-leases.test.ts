import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../base/log.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { NamespaceLeases } from './namespace-leases.ts';
import { LeaseStore, type View } from './testing/lease-store.ts';

const never = new AbortController().signal;
const minute = 60_000;

interface Server {
  readonly leases: NamespaceLeases;
  readonly view: View;
  readonly reported: string[];
  readonly logged: Record<string, unknown>[];
}

let store: LeaseStore;
let clock: ManualClock;
let servers: Server[];

beforeEach(() => {
  store = new LeaseStore();
  clock = new ManualClock();
  servers = [];
});

afterEach(async () => {
  for (const { leases } of servers) await leases.end(false, never);
  expect(clock.pending).toBe(0);
});

function start(name: string, synced = Promise.resolve()): Server {
  const view = store.view(synced);
  const reported: string[] = [];
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('info', { write: (line: string) => logged.push(JSON.parse(line)) });
  const holder = { name, host: `host-of-${name}` };
  const leases = new NamespaceLeases({ kube: view, namespaces: [], holder, clock, log, random: () => 1 });
  leases.onChange((namespace) => {
    const refusal = leases.refusal(namespace);
    // Its own write may be seen before its answer.
    if (!refusal || refusal.holder) reported.push(`${namespace} ${refusal?.holder ?? 'ours'}`);
  });
  leases.start();
  const server = { leases, view, reported, logged };
  servers.push(server);
  return server;
}

async function serve(name: string, namespace = 'team-a'): Promise<Server> {
  const server = start(name);
  server.leases.need(namespace, true);
  await server.leases.allTried(never);
  return server;
}

/** Time passes in steps that are shorter than what is waited for, with room for what is begun in each. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    clock.advance(Math.min(left, 10_000));
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }
}

const serves = ({ leases }: Server, namespace = 'team-a') => leases.refusal(namespace) === undefined;
const holder = (namespace = 'team-a') => store.leases.get(namespace)?.spec?.holderIdentity;

describe('a namespace', () => {
  it('is served by the server that holds its Lease, and by no other', async () => {
    const first = await serve('first');
    const second = await serve('second');
    expect([serves(first), serves(second)]).toEqual([true, false]);
    expect(second.leases.refusal('team-a')).toMatchObject({
      holder: 'first',
      error: { reason: 'ServedElsewhere', message: expect.stringContaining('team-a: first (on host-of-first)') },
    });
    await pass(60 * minute);
    expect([serves(first), serves(second)]).toEqual([true, false]);
    expect(first.reported).toEqual(['team-a ours']);
    expect(second.reported).toEqual(['team-a first']);
  });

  it('costs one write each 200 s', async () => {
    await serve('first');
    await serve('second');
    store.writes = 0;
    await pass(100 * minute);
    expect(store.writes).toBe(30);
  });

  it('is served again at once by the server of the same name', async () => {
    const first = await serve('first');
    await first.leases.end(false, never);
    expect(serves(await serve('first'))).toBe(true);
    expect(store.leases.get('team-a')?.spec?.leaseTransitions).toBe(0);
  });

  it('goes to the next server at once when the one before releases it', async () => {
    const first = await serve('first');
    await first.leases.end(true, never);
    expect(holder()).toBe('');
    expect(serves(await serve('second'))).toBe(true);
    expect(store.leases.get('team-a')?.spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
  });

  it('stays with a server that is stopped and started while another one waits, which gets it if nobody comes', async () => {
    const first = await serve('first');
    const second = await serve('second');
    await first.leases.end(true, never);
    await pass(20_000);
    const again = await serve('first');
    expect([serves(again), serves(second)]).toEqual([true, false]);
    await again.leases.end(true, never);
    await pass(minute);
    expect(serves(second)).toBe(true);
  });

  it('goes to the waiting server when the other one was killed and its time is over', async () => {
    const first = await serve('first');
    const second = await serve('second');
    await first.leases.end(false, never);
    await pass(9 * minute);
    expect(serves(second)).toBe(false);
    await pass(2 * minute);
    expect(serves(second)).toBe(true);
    expect(second.reported).toEqual(['team-a first', 'team-a ours']);
  });

  it('goes to another server soon when somebody deletes the Lease of a dead one, and stays with one that lives', async () => {
    const first = await serve('first');
    const second = await serve('second');
    store.delete('team-a');
    await pass(minute);
    expect([serves(first), serves(second), holder()]).toEqual([true, false, 'first']);
    await first.leases.end(false, never);
    store.delete('team-a');
    await pass(10_000);
    expect(serves(second)).toBe(true);
  });

  it('gets its Lease again from its holder also when the deletion is not seen', async () => {
    const first = await serve('first');
    first.view.outage = 'blind';
    store.delete('team-a');
    await pass(5 * minute);
    expect([serves(first), holder()]).toEqual([true, 'first']);
  });

  it('is served while the API server is away, for as long as nobody else may take it', async () => {
    const first = await serve('first');
    const second = await serve('second');
    await pass(5 * minute);
    first.view.outage = 'down';
    await pass(6 * minute);
    expect([serves(first), serves(second)]).toEqual([true, false]);
    await pass(5 * minute);
    expect([serves(first), serves(second)]).toEqual([false, true]);
    first.view.outage = undefined;
    await pass(minute);
    expect([serves(first), serves(second)]).toEqual([false, true]);
  });

  it('is served again after the API server was away for long, unless another server took it', async () => {
    const first = await serve('first');
    first.view.outage = 'down';
    await pass(20 * minute);
    expect(serves(first)).toBe(false);
    first.view.outage = undefined;
    await pass(minute);
    expect(serves(first)).toBe(true);
  });

  it('whose Lease the API server does not show delays nothing for long', async () => {
    const first = start('first', new Promise(() => {}));
    first.leases.need('team-a', true);
    const tried = first.leases.tried('team-a');
    await pass(10_000);
    await tried;
    expect(first.leases.refusal('team-a')).toMatchObject({ error: { reason: 'ClusterUnavailable' } });
  });

  it('that somebody gives to this server is waited for until this server has taken it', async () => {
    const first = await serve('first');
    const second = await serve('second');
    await first.leases.end(false, never);
    const busy = Promise.withResolvers<void>();
    second.view.busy = busy.promise;
    store.give('team-a', 'second');
    const judged = second.leases.tried('team-a').then(() => serves(second));
    await pass(1000);
    busy.resolve();
    expect(await judged).toBe(true);
  });

  it('is not served without the right to its Lease, and is as soon as that is granted', async () => {
    const first = start('first');
    first.view.outage = 'forbidden';
    first.leases.need('team-a', true);
    await first.leases.allTried(never);
    expect(first.leases.refusal('team-a')).toMatchObject({ error: { reason: 'ClusterForbidden' } });
    expect(first.logged).toEqual([
      expect.objectContaining({ namespace: 'team-a', why: 'gitkube may not create leases' }),
    ]);
    first.view.outage = undefined;
    await pass(minute);
    expect(serves(first)).toBe(true);
  });

  it('that is being deleted, its Lease before its Remotes, is served to the end, and then nothing is left of it', async () => {
    const first = await serve('first');
    store.ending.add('team-a');
    store.delete('team-a');
    await pass(30 * minute);
    expect(serves(first)).toBe(true);
    first.leases.need('team-a', false);
    await pass(30 * minute);
    expect(clock.pending).toBe(0);
  });

  it('is no longer renewed without Remotes, and another server gets it then', async () => {
    const first = await serve('first');
    first.leases.need('team-a', false);
    store.writes = 0;
    await pass(9 * minute);
    expect(store.writes).toBe(0);
    first.leases.need('team-a', true);
    await first.leases.allTried(never);
    expect(serves(first)).toBe(true);
    first.leases.need('team-a', false);
    const second = await serve('second');
    await pass(11 * minute);
    expect(serves(second)).toBe(true);
  });

  it('is reported with its new holder alone when it was handed over, and with the host as soon as that has it', async () => {
    const first = await serve('first');
    const lease = store.leases.get('team-a');
    if (!lease) throw new Error('no Lease');
    store.put('team-a', { ...lease, spec: { ...lease.spec, holderIdentity: 'second' } }, false);
    expect(first.leases.refusal('team-a')?.error.message).toBe('another Gitkube serves namespace team-a: second');
    await serve('second');
    expect(first.leases.refusal('team-a')?.error.message).toMatch(/: second \(on host-of-second\)$/);
  });

  it('is ours or not once that is known, and ours where there is no Remote', async () => {
    const synced = Promise.withResolvers<void>();
    const first = start('first', synced.promise);
    first.leases.need('team-a', true);
    first.leases.need('team-c', true);
    const decided: string[] = [];
    const note = (namespace: string, of = first) =>
      of.leases.decided(namespace, never).then((isOurs) => void decided.push(`${namespace} ${isOurs}`));
    const all = [note('team-a'), note('team-b'), note('team-c')];
    await pass(minute);
    expect(decided).toEqual(['team-b true']);
    first.leases.need('team-c', false);
    synced.resolve();
    await Promise.all(all);
    const second = await serve('second');
    await note('team-a', second);
    expect(decided.sort()).toEqual(['team-a false', 'team-a true', 'team-b true', 'team-c true']);
  });

  it('is not decided for a server that stops', async () => {
    const first = start('first', new Promise(() => {}));
    first.leases.need('team-a', true);
    await expect(first.leases.decided('team-a', AbortSignal.abort(new Error('stops')))).rejects.toThrow('stops');
  });

  it('can be handed to a server by an operator who writes the Lease', async () => {
    const first = await serve('first', 'other');
    const second = await serve('second', 'other');
    const lease = store.leases.get('other');
    if (!lease) throw new Error('no Lease');
    store.put('other', { ...lease, spec: { ...lease.spec, holderIdentity: 'second' } }, false);
    await pass(10_000);
    expect([serves(first, 'other'), serves(second, 'other')]).toEqual([false, true]);
  });
});

it('of many servers that begin together each namespace is served by one', async () => {
  const namespaces = Array.from({ length: 50 }, (_, number) => `team-${number}`);
  const all = ['a', 'b', 'c'].map((name) => start(name));
  for (const { leases } of all) for (const namespace of namespaces) leases.need(namespace, true);
  await Promise.all(all.map(({ leases }) => leases.allTried(never)));
  await pass(minute);
  for (const namespace of namespaces) {
    expect(all.filter((server) => serves(server, namespace))).toHaveLength(1);
  }
});
