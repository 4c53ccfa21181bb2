import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from './rig-error.ts';

export interface UntilOptions {
  readonly timeoutMs: number;
  /** Called before every try; throws when trying further is pointless. */
  readonly guard?: () => void;
  /** What the person reads when the time is over, besides what was waited for. */
  readonly evidence?: () => readonly string[];
}

/**
 * Tries `check` again, with a short back-off, until it returns something other than false or undefined. What it throws
 * counts as "not yet" and is the cause of the final error.
 */
export async function until<T>(
  what: string,
  options: UntilOptions,
  check: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = performance.now() + options.timeoutMs;
  let cause: unknown;
  for (let waitMs = 10; ; waitMs = Math.min(200, waitMs * 1.5)) {
    options.guard?.();
    const started = performance.now();
    try {
      const result = await check();
      if (result !== undefined && result !== false) return result;
      cause = undefined;
    } catch (thrown) {
      cause = thrown;
    }
    // One more look after the time: the last one may have begun long before it was over.
    if (started > end) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      const evidence = options.evidence?.() ?? [];
      throw new RigError(`${what} did not happen within ${options.timeoutMs / 1000} s${reason}`, { cause, evidence });
    }
    await delay(waitMs);
  }
}
