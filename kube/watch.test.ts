import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../base/log.ts';
import { FaultyApiServer } from '../test/support/faulty-api-server.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { createKube } from './client.ts';
import type { KubeObject, Watch } from './kube.ts';

const hour = 3_600_000;
const soon = { timeout: 20_000, interval: 2 };
const collection = { path: '/apis/test/v1/things' };

let server: FaultyApiServer;
/** Back-offs pass at once; deadlines (30 s) and watchdogs (150 s) only when a test says so. */
let clock: ManualClock;
let stop: AbortController;
let reported: string[];
let watch: Watch<KubeObject>;

beforeEach(async () => {
  server = await FaultyApiServer.start();
  clock = new ManualClock({ elapseUpToMs: 29_000 });
  stop = new AbortController();
  reported = [];
});

afterEach(async () => {
  await watch[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function startWatch(handler: Partial<{ upsert: (object: KubeObject) => void }> = {}): Watch<KubeObject> {
  const kube = createKube({ kubeconfig: server.kubeconfig, log: silentLogger, clock, random: () => 0.5 });
  watch = kube.watch(
    collection,
    {
      upsert: handler.upsert ?? ((object) => void reported.push(`+${object.metadata?.name}`)),
      remove: (object) => void reported.push(`-${object.metadata?.name}`),
    },
    stop.signal,
  );
  return watch;
}

async function startWatching(): Promise<void> {
  startWatch();
  await watch.synced;
  await vi.waitFor(() => expect(server.openStreams).toBe(1), soon);
  await untilWatched(1);
}

/** So many watches were answered, and the last one is under its watchdog: the deadline of its request is over. */
async function untilWatched(times: number): Promise<void> {
  const watchdogs = () => clock.delays.filter((ms) => ms === 150_000);
  await vi.waitFor(() => expect([watchdogs().length, clock.pending]).toEqual([times, 1]), soon);
}

function names(): string[] {
  return [...watch.objects.keys()].map((key) => key.replace('default/', '')).sort();
}

describe('a watch', () => {
  it('lists in pages, then follows changes', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) server.put(name);
    await startWatching();
    expect(names()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(server.lists).toHaveLength(3);
    server.put('f');
    server.put('a', { changed: true });
    server.delete('b');
    await vi.waitFor(() => expect(reported.slice(5)).toEqual(['+f', '+a', '-b']), soon);
    expect(watch.healthy).toBe(true);
  });

  it('asks for bookmarks and for an end, and goes on from the last bookmark', async () => {
    await startWatching();
    expect(server.watches[0]?.get('allowWatchBookmarks')).toBe('true');
    expect(server.watches[0]?.get('timeoutSeconds')).toBe('290');
    server.bookmark();
    server.endStreams('clean close');
    await vi.waitFor(() => expect(server.watches).toHaveLength(2), soon);
    expect(server.watches[1]?.get('resourceVersion')).toBe('101');
    expect(server.lists).toHaveLength(1);
  });

  it('starts a list again without pages when its page token expires', async () => {
    for (const name of ['a', 'b', 'c']) server.put(name);
    server.listFaults.push('page token gone');
    await startWatching();
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(reported).toHaveLength(3);
  });

  it.each(['reset', 'status 500'] as const)('keeps trying when the first list fails: %s', async (fault) => {
    server.put('a');
    server.listFaults.push(fault, fault, fault);
    startWatch();
    expect(watch.healthy).toBe(false);
    await watch.synced;
    expect(names()).toEqual(['a']);
  });

  it('gives up on a list without answer after 30 s', async () => {
    server.put('a');
    server.listFaults.push('no answer');
    startWatch();
    await vi.waitFor(() => expect(server.lists).toHaveLength(1), soon);
    clock.advance(30_000);
    await watch.synced;
    expect(names()).toEqual(['a']);
  });

  it.each(['reset', 'status 500', 'clean close'] as const)('misses nothing after a %s', async (fault) => {
    await startWatching();
    server.watchFaults.push(fault, fault);
    server.endStreams('reset');
    server.put('later');
    await vi.waitFor(() => expect(names()).toEqual(['later']), soon);
    expect(reported).toEqual(['+later']);
    expect(watch.restarts).toBe(3);
    expect(server.lists).toHaveLength(1);
    expect(watch.healthy).toBe(true);
  });

  it.each(['gone event', 'gone status', 'bad line'] as const)('lists again after a %s', async (fault) => {
    server.put('stays');
    server.put('goes');
    await startWatching();
    server.watchFaults.push(fault);
    server.onWatch = () => {
      server.onWatch = () => {};
      server.delete('goes');
      server.put('comes');
    };
    server.endStreams('clean close');
    await vi.waitFor(() => expect(names()).toEqual(['comes', 'stays']), soon);
    await vi.waitFor(() => expect(server.openStreams).toBe(1), soon);
    expect(reported).toEqual(['+stays', '+goes', '-goes', '+comes']);
    expect(server.lists).toHaveLength(2);
  });

  it('reports an object that was deleted and created again while its connection was down', async () => {
    server.put('a', {}, 'first');
    await startWatching();
    server.watchFaults.push('gone status');
    server.onWatch = () => {
      server.onWatch = () => {};
      server.delete('a');
      server.put('a', {}, 'second');
    };
    server.endStreams('clean close');
    await vi.waitFor(() => expect(reported).toEqual(['+a', '-a', '+a']), soon);
  });

  it('connects once a second at most when every watch is closed at once', async () => {
    const connects: number[] = [];
    server.onWatch = () => void connects.push(clock.monotonic());
    server.watchFaults.push(...Array<'clean close'>(20).fill('clean close'));
    startWatch();
    await vi.waitFor(() => expect(connects).toHaveLength(21), soon);
    const gaps = connects.slice(1).map((at, index) => at - (connects[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  });

  it('backs off up to 30 s from a server that only answers errors', async () => {
    server.listFaults.push(...Array<'status 500'>(8).fill('status 500'));
    startWatch();
    await watch.synced;
    const backOffs = clock.delays.filter((ms) => ms !== 30_000);
    expect(backOffs.slice(0, 8)).toEqual([375, 750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  });

  it('connects every 2 s while nothing answers, and soon again when the server is back but not ready', async () => {
    server.listFaults.push(...Array<'reset'>(8).fill('reset'), 'status 500', 'status 500');
    startWatch();
    await watch.synced;
    const backOffs = clock.delays.filter((ms) => ms !== 30_000);
    expect(backOffs.slice(0, 10)).toEqual([188, 375, 750, 1500, 1500, 1500, 1500, 1500, 375, 750]);
  });

  it.each([
    ['back', -hour],
    ['forward', hour],
  ])('connects again within seconds when somebody has set the clock %s by an hour', async (_, ms) => {
    await startWatching();
    clock.setWall(ms);
    server.put('a');
    server.endStreams('clean close');
    await vi.waitFor(() => expect(names()).toEqual(['a']), soon);
    await vi.waitFor(() => expect(server.openStreams).toBe(1), soon);
    expect(Math.max(...clock.delays.filter((delay) => delay < 29_000))).toBeLessThanOrEqual(1000);
    expect(clock.delays.filter((delay) => delay > 150_000)).toEqual([]);
    expect(server.lists).toHaveLength(1);
  });

  it('notices silence as soon when somebody has set the clock back', async () => {
    await startWatching();
    server.watchFaults.push('half-open');
    server.endStreams('clean close');
    await vi.waitFor(() => expect(server.watches).toHaveLength(2), soon);
    server.put('unheard');
    await untilWatched(2);
    clock.setWall(-hour);
    clock.advance(150_000);
    await vi.waitFor(() => expect(names()).toEqual(['unheard']), soon);
  });

  it('notices a half-open connection by its silence', async () => {
    await startWatching();
    server.watchFaults.push('half-open');
    server.endStreams('clean close');
    await vi.waitFor(() => expect(server.watches).toHaveLength(2), soon);
    server.put('unheard');
    await untilWatched(2);
    clock.advance(149_000);
    expect(server.watches).toHaveLength(2);
    clock.advance(1000);
    await vi.waitFor(() => expect(names()).toEqual(['unheard']), soon);
  });

  it('lets bookmarks keep a quiet connection alive', async () => {
    await startWatching();
    clock.advance(149_000);
    server.bookmark();
    server.put('heard');
    await vi.waitFor(() => expect(names()).toEqual(['heard']), soon);
    clock.advance(100_000);
    server.put('again');
    await vi.waitFor(() => expect(names()).toEqual(['again', 'heard']), soon);
    expect(server.watches).toHaveLength(1);
    expect(watch.healthy).toBe(true);
  });

  it('lists again every ten minutes, whatever the watch said', async () => {
    await startWatching();
    for (let minute = 0; minute < 10; minute++) {
      clock.advance(60_000);
      server.bookmark();
      server.put(`minute-${minute}`);
      await vi.waitFor(() => expect(names()).toContain(`minute-${minute}`), soon);
    }
    server.endStreams('clean close');
    await vi.waitFor(() => expect(server.lists.length).toBeGreaterThan(1), soon);
  });

  it('goes on when a handler throws', async () => {
    startWatch({
      upsert: (object) => {
        if (object.metadata?.name === 'bad') throw new Error('handler');
        reported.push(`+${object.metadata?.name}`);
      },
    });
    await watch.synced;
    server.put('bad');
    server.put('good');
    await vi.waitFor(() => expect(reported).toEqual(['+good']), soon);
    expect(watch.restarts).toBe(0);
  });

  it('is unhealthy from ten seconds after the API server went', async () => {
    await startWatching();
    server.listFaults.push(...Array<'reset'>(100).fill('reset'));
    server.watchFaults.push(...Array<'reset'>(100).fill('reset'));
    server.endStreams('reset');
    await vi.waitFor(() => expect(watch.healthy).toBe(false), soon);
    server.watchFaults.length = 0;
    await vi.waitFor(() => expect(watch.healthy).toBe(true), soon);
  });

  it('never has two connections, and leaves neither connection nor timer when it ends', async () => {
    await startWatching();
    for (let round = 0; round < 5; round++) {
      server.endStreams(round % 2 === 0 ? 'reset' : 'clean close');
      await vi.waitFor(() => expect(server.watches).toHaveLength(round + 2), soon);
      await vi.waitFor(() => expect(server.openStreams).toBe(1), soon);
    }
    await watch[Symbol.asyncDispose]();
    expect(watch.healthy).toBe(false);
    expect(clock.pending).toBe(0);
    await vi.waitFor(() => expect(server.openStreams).toBe(0), soon);
  });

  it.each(['no answer', 'status 500'] as const)('ends at its signal while there is %s', async (fault) => {
    server.listFaults.push(...Array<typeof fault>(50).fill(fault));
    startWatch();
    const failed = expect(watch.synced).rejects.toThrow('over');
    await vi.waitFor(() => expect(server.lists.length).toBeGreaterThan(0), soon);
    stop.abort(new Error('over'));
    await failed;
    await watch[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
});
