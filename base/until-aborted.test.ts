import { expect, it } from 'vitest';
import { untilAborted } from './until-aborted.ts';

it('work that fails after the signal, or begins after it, causes no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const over = new AbortController();
    const first = Promise.withResolvers<void>();
    const waiting = untilAborted(first.promise, over.signal);
    over.abort(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
    first.reject(new Error('too late'));
    const second = Promise.withResolvers<void>();
    await expect(untilAborted(second.promise, over.signal)).rejects.toThrow('over');
    second.reject(new Error('later still'));
    // Node reports an unhandled rejection once the promises of this turn are done.
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});

it('work that ends before the signal gives its outcome', async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
});
