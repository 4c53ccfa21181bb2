import type { Clock } from './clock.ts';
import { asGitkubeError, type GitkubeError } from './errors.ts';

export interface BackOff {
  /** Milliseconds before the second try; doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before try `attempt` (1 = the first retry): exponential, with jitter over the upper half so that
 * many clients of one broken server do not come back in step.
 * @param random a number in [0, 1)
 */
export function backOffMs({ firstMs, maxMs }: BackOff, attempt: number, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * random);
}

export interface RetryOptions extends BackOff {
  readonly clock: Clock;
  /** How many times `work` is called at the most. */
  readonly tries: number;
  /** No try begins later than this after the first one: a try may itself take long. Unset: any. */
  readonly giveUpMs?: number;
  readonly signal?: AbortSignal;
  readonly random?: () => number;
  readonly onRetry?: (error: GitkubeError, attempt: number) => void;
}

/** Calls `work` again as long as its error is `transient` and tries are left. Throws the last error. */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, tries, giveUpMs = Number.POSITIVE_INFINITY } = options;
  const startedAt = clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      const isLast = attempt >= tries || clock.monotonic() - startedAt > giveUpMs;
      if (error.kind !== 'transient' || isLast || options.signal?.aborted) throw thrown;
      options.onRetry?.(error, attempt);
      await clock.delay(backOffMs(options, attempt, (options.random ?? Math.random)()), options.signal);
    }
  }
}
