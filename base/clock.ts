/** Time as a parameter, so that a test can own it. */
export interface Clock {
  /**
   * The wall clock, in milliseconds since the epoch: for what people read, what is kept on disk, and times that another
   * machine wrote. Somebody may set it in either direction at any moment.
   */
  now(): number;
  /** Milliseconds since some moment in the past, never set: for durations, deadlines, back-off and limits. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, at most 24 days; rejects with the signal's reason as soon as it aborts. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer of Node that is longer is over at once. */
const MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  delay: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(ms, MAX_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
