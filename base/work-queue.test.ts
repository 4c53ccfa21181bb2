import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

let clock: ManualClock;
let worked: string[];
let errors: string[];

beforeEach(() => {
  clock = new ManualClock();
  worked = [];
  errors = [];
});

/** Lets everything go on that waits for no clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function makeQueue(work: WorkQueueOptions['work'] = async () => undefined, concurrency = 8): WorkQueue {
  return new WorkQueue({
    work: (key, signal) => {
      worked.push(key);
      return work(key, signal);
    },
    concurrency,
    backOff: { firstMs: 1000, maxMs: 4000 },
    onError: (key, thrown) => void errors.push(`${key}: ${(thrown as Error).message}`),
    clock,
  });
}

describe('a work queue', () => {
  it('works on a key at once, or after the wait that was asked for last', async () => {
    await using queue = makeQueue();
    queue.add('a');
    queue.add('b', 1000);
    queue.add('b', 2000);
    clock.advance(1999);
    await settle();
    expect(worked).toEqual(['a']);
    clock.advance(1);
    await settle();
    expect(worked).toEqual(['a', 'b']);
  });

  it('works on a key once at a time, and once more for all that was added while it worked', async () => {
    const gate = Promise.withResolvers<undefined>();
    await using queue = makeQueue(() => gate.promise);
    for (let times = 0; times < 3; times++) queue.add('a');
    await settle();
    expect(worked).toEqual(['a']);
    gate.resolve(undefined);
    await settle();
    expect(worked).toEqual(['a', 'a']);
  });

  it('works on no more keys at the same time than it may', async () => {
    const gate = Promise.withResolvers<undefined>();
    await using queue = makeQueue(() => gate.promise, 2);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect(worked).toEqual(['a', 'b']);
    gate.resolve(undefined);
    await settle();
    expect(worked).toEqual(['a', 'b', 'c']);
  });

  it('works on a key once at a time, and on no more keys than it may, when the work adds some before it waits', async () => {
    const gate = Promise.withResolvers<undefined>();
    let atOnce = 0;
    let most = 0;
    await using queue = makeQueue(async (key) => {
      most = Math.max(most, ++atOnce);
      if (key === 'a' && worked.length === 1) for (const added of ['a', 'b', 'c']) queue.add(added);
      await gate.promise;
      atOnce--;
      return undefined;
    }, 2);
    queue.add('a');
    const first = [...worked];
    gate.resolve(undefined);
    await queue.idle();
    expect([most, first, worked.toSorted()]).toEqual([2, ['a', 'b'], ['a', 'a', 'b', 'c']]);
  });

  it('works on a key again after the time that its work asks for', async () => {
    await using queue = makeQueue(async () => 5000);
    queue.add('a');
    await settle();
    clock.advance(5000);
    await settle();
    expect(worked).toEqual(['a', 'a']);
  });

  it('tries a key again whose work fails, later each time', async () => {
    let left = 2;
    await using queue = makeQueue(async () => {
      if (left-- > 0) throw new Error('no');
      return undefined;
    });
    queue.add('a');
    for (let tries = 0; tries < 3; tries++) {
      await settle();
      clock.advance(4000);
    }
    await settle();
    expect(worked).toEqual(['a', 'a', 'a']);
    expect(errors).toEqual(['a: no', 'a: no']);
    expect(clock.pending).toBe(0);
  });

  it('begins nothing more for a key that is forgotten', async () => {
    const gate = Promise.withResolvers<number>();
    await using queue = makeQueue(() => gate.promise);
    queue.add('a');
    queue.add('a');
    queue.add('b', 1000);
    await settle();
    for (const key of ['a', 'b']) queue.forget(key);
    gate.resolve(1000);
    await settle();
    clock.advance(1000);
    await settle();
    expect(worked).toEqual(['a']);
  });

  it('that is closed ends the work under way, and takes no more', async () => {
    const queue = makeQueue((_, signal) => {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    queue.add('a');
    queue.add('b', 1000);
    await settle();
    await queue.end(new Error('over'));
    queue.add('c');
    clock.advance(1000);
    await settle();
    expect([worked, errors, clock.pending]).toEqual([['a'], [], 0]);
  });

  it('is idle when every key that is left waits for its time, and begins the next key as soon as a place is free', async () => {
    const held = Promise.withResolvers<undefined>();
    await using queue = makeQueue((key) => (key === 'a' ? held.promise : Promise.resolve(undefined)), 1);
    for (const key of ['a', 'b']) queue.add(key);
    queue.add('c', 5000);
    expect(queue.active).toBe(2);
    let isIdle = false;
    const idle = queue.idle().then(() => {
      isIdle = true;
    });
    await settle();
    expect([isIdle, ...worked]).toEqual([false, 'a']);
    held.resolve(undefined);
    await idle;
    expect(worked).toEqual(['a', 'b']);
  });

  it('does not begin a key that is forgotten, or delayed, while it waits for a place', async () => {
    const held = Promise.withResolvers<undefined>();
    await using queue = makeQueue(() => held.promise, 1);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    queue.forget('b');
    queue.add('c', 5000);
    held.resolve(undefined);
    await queue.idle();
    expect(worked).toEqual(['a']);
  });
});
