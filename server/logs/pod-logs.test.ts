import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { PodLogLine, PodLogOptions, V1Pod, WatchHandler, Workload } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type LogsParts, type LogsWish, podLogs } from './pod-logs.ts';

const www = { kind: 'Deployment', namespace: 'ns', name: 'www' } as const;
const all: LogsWish = { follow: false, previous: false, tailLines: 100, sinceSeconds: undefined, container: undefined };

/** Asked for the log of a container: which lines it gives, and how it ends. */
type Log = (options: PodLogOptions, signal: AbortSignal) => AsyncIterable<PodLogLine>;

let pods: V1Pod[];
let logs: Record<string, Log>;
let asked: string[];
let handler: WatchHandler<V1Pod>;
let clock: ManualClock;
let stop: AbortController;

beforeEach(() => {
  pods = [];
  logs = {};
  asked = [];
  clock = new ManualClock();
  stop = new AbortController();
});

function makePod(
  name: string,
  statuses: object[] = [{ name: 'app', state: { running: {} } }],
  owner = 'www-5d9',
): V1Pod {
  const containerStatuses = statuses.map((one) => ({ containerID: `${name}-1`, lastState: {}, ...one }));
  const ownerReferences = [{ kind: 'ReplicaSet', name: owner, controller: true }];
  return {
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, ownerReferences },
    status: { containerStatuses },
  } as never;
}

/** A log with these lines, one a second, from that second on. */
function log(...texts: string[]): Log {
  return async function* (options) {
    asked.push(JSON.stringify(options));
    for (const [index, text] of texts.entries()) yield { at: `2026-01-01T00:00:0${index}.000000000Z`, text };
  };
}

function read(wish: Partial<LogsWish> = {}) {
  const workload = {
    kind: 'Deployment',
    metadata: { name: 'www', namespace: 'ns', uid: 'uid-www' },
    spec: { selector: { matchLabels: { app: 'www' } }, template: { spec: { containers: [{ name: 'app' }] } } },
  } as unknown as Workload;
  const watched = () => new Map(pods.map((pod) => [`ns/${pod.metadata?.name}`, pod]));
  const kube = {
    getWorkload: async (_kind: string, _namespace: string, name: string) => (name === 'www' ? workload : undefined),
    listPods: async () => pods,
    followPodLog: (_: string, pod: string, options: PodLogOptions, signal: AbortSignal) =>
      (logs[`${pod}/${options.container}`] ?? log())(options, signal),
    watch: (_: unknown, given: WatchHandler<V1Pod>) => {
      handler = given;
      // Its owner has it in hand before the first pod comes.
      const synced = Promise.resolve().then(() => pods.forEach(given.upsert));
      return { synced, objects: { get: (key: string) => watched().get(key) }, [Symbol.asyncDispose]: async () => {} };
    },
  };
  return podLogs({ kube, clock } as unknown as LogsParts, [www], { ...all, ...wish }, stop.signal);
}

async function take(lines: AsyncIterable<string>, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  for await (const line of lines) if (taken.push(line) === count) break;
  return taken;
}

describe('logs', () => {
  it('are those of all pods of the workload, each line with its pod and container', async () => {
    pods = [
      makePod('www-5d9-a', [
        { name: 'app', state: { running: {} } },
        { name: 'log', state: { running: {} } },
      ]),
    ];
    pods.push(makePod('theirs-1', undefined, 'www-admin-7f'), makePod('www-5d9-b'));
    logs = {
      'www-5d9-a/app': log('one\u001b[2J', 'two'),
      'www-5d9-a/log': log('three'),
      'theirs-1/app': log('secret'),
    };
    expect(await take(await read({ tailLines: 7 }))).toEqual([
      ...['[www-5d9-a/app] one', '[www-5d9-a/app] two', '[www-5d9-a/log] three'],
    ]);
    expect(asked[0]).toContain('"tailLines":7');
  });

  it('of one container are asked for by its name', async () => {
    pods = [
      makePod('www-5d9-a', [
        { name: 'log', state: { running: {} } },
        { name: 'app', state: { running: {} } },
      ]),
    ];
    logs = { 'www-5d9-a/app': log('mine'), 'www-5d9-a/log': log('other') };
    expect(await take(await read({ container: 'app' }))).toEqual(['[www-5d9-a/app] mine']);
    const wrong = read({ container: 'ap' });
    const message = 'no workload has a container ap, they have app';
    await expect(wrong).rejects.toMatchObject({ reason: 'ContainerNotFound', message, hint: ['did you mean app?'] });
  });

  it('of the run before are those of containers that were restarted', async () => {
    const restarted = { name: 'app', state: { running: {} }, lastState: { terminated: { exitCode: 1 } } };
    pods = [makePod('www-5d9-a'), makePod('www-5d9-b', [restarted])];
    logs = { 'www-5d9-a/app': log('now'), 'www-5d9-b/app': log('before') };
    expect(await take(await read({ previous: true }))).toEqual(['[www-5d9-b/app] before']);
    expect(asked).toEqual([expect.stringContaining('"previous":true')]);
    pods = [];
    expect(await take(await read({ previous: true }))).toEqual(['--- no container was restarted']);
    expect(await take(await read())).toEqual(['--- no container has started']);
  });

  it('of workloads that are not there are refused', async () => {
    const kube = { getWorkload: async () => undefined } as unknown as LogsParts['kube'];
    const asking = podLogs({ kube, clock }, [www], all, stop.signal);
    await expect(asking).rejects.toMatchObject({
      reason: 'WorkloadNotFound',
      message: 'Deployment www: not there yet',
    });
  });
});

describe('logs that are followed', () => {
  it('go on with the pods of a rollout, and say which end', async () => {
    pods = [makePod('www-5d9-a')];
    logs = { 'www-5d9-a/app': log('old'), 'www-7f2-b/app': log('new') };
    const lines = (await read({ follow: true }))[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('[www-5d9-a/app] old');
    const next = makePod('www-7f2-b', undefined, 'www-7f2');
    pods = [makePod('www-5d9-a', [{ name: 'app', state: { terminated: { exitCode: 0 } } }]), next];
    handler.upsert(next);
    expect((await lines.next()).value).toBe('--- www-7f2-b/app: started');
    expect((await lines.next()).value).toBe('[www-7f2-b/app] new');
    clock.advance(1000);
    expect((await lines.next()).value).toBe('--- www-5d9-a/app: ended (exit code 0)');
    // The new one has all its lines, not the last ones alone.
    expect(asked.slice(0, 2).map((one) => JSON.parse(one).tailLines)).toEqual([100, undefined]);
    stop.abort();
    expect((await lines.next()).done).toBe(true);
  });

  it('that break off go on where they were, without a line twice', async () => {
    pods = [makePod('www-5d9-a')];
    let tries = 0;
    logs['www-5d9-a/app'] = async function* (options, signal) {
      yield* log('one', 'two', ...(tries > 0 ? ['three'] : []))(options, signal);
      if (tries++ === 0) throw new GitkubeError('ClusterUnavailable', 'a log broke off');
    };
    const lines = (await read({ follow: true }))[Symbol.asyncIterator]();
    expect([(await lines.next()).value, (await lines.next()).value]).toEqual([
      '[www-5d9-a/app] one',
      '[www-5d9-a/app] two',
    ]);
    const third = lines.next();
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    clock.advance(1000);
    expect((await third).value).toBe('[www-5d9-a/app] three');
    expect(JSON.parse(asked[1] ?? '')).toMatchObject({ sinceTime: '2026-01-01T00:00:01.000000000Z' });
    await lines.return?.(undefined);
  });

  it('that nobody reads hold no more than a bound in memory', async () => {
    pods = Array.from({ length: 5 }, (_, n) => makePod(`www-5d9-${n}`));
    let produced = 0;
    const endless: Log = async function* () {
      for (;;) {
        produced++;
        yield { at: undefined, text: 'x' };
      }
    };
    logs = Object.fromEntries(pods.map((pod) => [`${pod.metadata?.name}/app`, endless]));
    const lines = (await read({ follow: true }))[Symbol.asyncIterator]();
    await lines.next();
    for (let n = 0; n < 1000; n++) await Promise.resolve();
    const held = produced;
    for (let n = 0; n < 1000; n++) await Promise.resolve();
    expect(produced).toBe(held);
    expect(held).toBeLessThan(150);
    await lines.return?.(undefined);
  });

  it('end with the right that is missing, not with what passes', async () => {
    const lines = take(await read({ follow: true }));
    await Promise.resolve();
    const refuse = () => handler.refused?.(new GitkubeError('ClusterForbidden', 'gitkube may not watch pods'));
    refuse();
    clock.advance(31_000);
    refuse();
    await expect(lines).rejects.toThrow('gitkube may not watch pods');
  });

  it('are of 50 containers at most', async () => {
    pods = Array.from({ length: 60 }, (_, n) => makePod(`www-5d9-${n}`));
    const lines = await take(await read({ follow: true }), 1);
    expect(lines).toEqual(['--- only 50 containers are followed at once: choose one with -c']);
  });
});
