import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves as soon as `check` gives something, for facts that no event reports. Fails with the last error when that
 * takes longer than `timeoutMs`.
 */
export async function eventually<T>(check: () => Promise<T | undefined | false>, timeoutMs = 120_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    let last: unknown = 'nothing';
    const started = Date.now();
    try {
      const found = await check();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    // One more look after the time: the last one may have begun long before it was over.
    if (started > end) throw new Error(`still not so after ${timeoutMs} ms, last: ${last}`, { cause: last });
    // A program that is started to look takes the processor from what is waited for.
    await delay(Math.min(500, Math.max(50, Date.now() - started)));
  }
}
