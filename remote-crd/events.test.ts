import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../base/errors.ts';
import { createLogger } from '../base/log.ts';
import type { KubeEvent } from '../kube/kube.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { EventRecorder } from './events.ts';

const www = { namespace: 'default', name: 'www', uid: 'u-1' };

/** Events as an API server keeps them: they vanish after an hour, and writing one may fail. */
class EventStore {
  readonly events = new Map<string, KubeEvent>();
  failing = false;
  /** Writes about a Remote of this name get no answer until it is opened. */
  silent = new Map<string, Promise<void>>();

  createEvent = async (_namespace: string, event: KubeEvent) => {
    await this.silent.get(event.involvedObject.name ?? '');
    if (this.failing) throw new GitkubeError('ClusterForbidden', 'gitkube may not create events');
    this.events.set(event.metadata.name ?? '', event);
  };

  patchEvent = async (_namespace: string, name: string, change: object) => {
    const event = this.events.get(name);
    if (event) Object.assign(event, change);
    return event !== undefined;
  };

  get all(): KubeEvent[] {
    return [...this.events.values()];
  }
}

function makeRecorder() {
  const kube = new EventStore();
  const clock = new ManualClock();
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('info', { write: (line: string) => logged.push(JSON.parse(line)) });
  return { kube, clock, logged, recorder: new EventRecorder({ kube, clock, log }) };
}

describe('an Event', () => {
  it.each([
    ['Released', 'Normal'],
    ['Built', 'Normal'],
    ['Checked', 'Normal'],
    ['Unchanged', 'Normal'],
    ['PushSuperseded', 'Normal'],
    ['BuildFailed', 'Warning'],
    ['EngineUnavailable', 'Warning'],
    ['Internal', 'Warning'],
    ['Returned', 'Warning'],
    ['ReturnFailed', 'Warning'],
  ] as const)('with the reason %s is %s', async (reason, type) => {
    const { kube, recorder } = makeRecorder();
    recorder.record(www, { reason, message: 'releases/1 runs' });
    await recorder.flush();
    expect(kube.all).toMatchObject([
      { type, reason, count: 1, involvedObject: { kind: 'Remote', name: 'www', namespace: 'default', uid: 'u-1' } },
    ]);
  });

  it('counts its repeats, unless they are ten minutes apart or the Event is gone', async () => {
    const { kube, clock, recorder } = makeRecorder();
    const repeat = async (afterMs: number) => {
      clock.advance(afterMs);
      recorder.record(www, { reason: 'BuildFailed', message: 'the build failed' });
      await recorder.flush();
      return kube.all.map(({ count }) => count);
    };
    expect(await repeat(0)).toEqual([1]);
    expect(await repeat(60_000)).toEqual([2]);
    expect(await repeat(599_000)).toEqual([3]);
    expect(await repeat(600_000)).toEqual([3, 1]);
    kube.events.clear();
    expect(await repeat(1000)).toEqual([1]);
    expect(kube.all[0]?.lastTimestamp?.getTime()).toBe(clock.now());
  });

  it('counts its repeats within ten minutes, whatever the wall clock is set to', async () => {
    const { kube, clock, recorder } = makeRecorder();
    for (const ms of [0, 3_600_000, -7_200_000]) {
      clock.setWall(ms);
      recorder.record(www, { reason: 'BuildFailed', message: 'the build failed' });
      await recorder.flush();
    }
    expect(kube.all.map(({ count }) => count)).toEqual([3]);
    expect(kube.all[0]?.lastTimestamp?.getTime()).toBe(clock.now());
  });

  it('has names of its own, also for the longest Remote', async () => {
    const { kube, recorder } = makeRecorder();
    for (let i = 0; i < 20; i++)
      recorder.record({ ...www, name: 'r'.repeat(253) }, { reason: 'Built', message: `${i}` });
    await recorder.flush();
    expect(kube.events.size).toBe(20);
    for (const name of kube.events.keys()) expect(name.length).toBeLessThanOrEqual(253);
  });

  it('has a message of at most 1024 bytes without control characters', async () => {
    const { kube, recorder } = makeRecorder();
    recorder.record(www, { reason: 'BuildFailed', message: `a\u001b[31m\nb${'ä'.repeat(3000)}` });
    await recorder.flush();
    const message = kube.all[0]?.message ?? '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/^a\ufffdbä+…$/);
  });

  it('that cannot be written has no other effect', async () => {
    const { kube, recorder } = makeRecorder();
    kube.failing = true;
    recorder.record(www, { reason: 'BuildFailed', message: 'one' });
    await recorder.flush();
    kube.failing = false;
    recorder.record(www, { reason: 'BuildFailed', message: 'two' });
    await recorder.flush();
    expect(kube.all.map(({ message }) => message)).toEqual(['two']);
  });

  const isSilent = (kube: EventStore, name: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    kube.silent.set(name, promise);
    return resolve;
  };
  const api = { ...www, name: 'api', uid: 'u-2' };

  it('does not wait for that of another Remote, and keeps the order of its own', async () => {
    const { kube, recorder } = makeRecorder();
    const answer = isSilent(kube, 'www');
    for (const message of ['1', '2', '3']) {
      recorder.record(www, { reason: 'Built', message });
      recorder.record(api, { reason: 'Built', message });
    }
    await expect.poll(() => kube.all.map(({ message }) => message)).toEqual(['1', '2', '3']);
    answer();
    await recorder.flush();
    const ofWww = kube.all.filter(({ involvedObject }) => involvedObject.name === 'www');
    expect(ofWww.map(({ message }) => message)).toEqual(['1', '2', '3']);
  });

  it('is dropped and logged when too many wait for an API server that does not answer', async () => {
    const { kube, logged, recorder } = makeRecorder();
    const answer = isSilent(kube, 'www');
    for (let i = 0; i < 5000; i++) recorder.record(www, { reason: 'Built', message: `${i}` });
    for (let i = 0; i < 5000; i++) recorder.record({ ...www, uid: `other-${i}` }, { reason: 'Built', message: 'x' });
    answer();
    await recorder.flush();
    expect(kube.events.size).toBeLessThan(1100);
    expect(logged).toEqual([
      expect.objectContaining({
        events: 10_000 - kube.events.size,
        msg: expect.stringContaining('events were dropped'),
      }),
    ]);
  });

  it('does not delay a shutdown: what is not written by then is dropped', async () => {
    const { kube, logged, recorder } = makeRecorder();
    isSilent(kube, 'www');
    for (const message of ['1', '2', '3']) recorder.record(www, { reason: 'Built', message });
    recorder.record(api, { reason: 'Built', message: 'written' });
    const over = new AbortController();
    const flushed = recorder.flush(over.signal);
    await expect.poll(() => kube.events.size).toBe(1);
    over.abort();
    await flushed;
    expect(logged).toEqual([expect.objectContaining({ events: 3 })]);
  });
});
