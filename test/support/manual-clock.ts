import type { Clock } from '../../base/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * A clock that a test owns. Delays up to `elapseUpToMs` pass automatically, at once for the test and by their full length
 * for the clock; longer ones wait for `advance`. Every delay that was asked for is noted.
 */
export class ManualClock implements Clock {
  readonly delays: number[] = [];
  readonly #elapseUpToMs: number;
  readonly #sleepers = new Set<Sleeper>();
  #monotonic = 0;
  #wallOffset: number;

  constructor({ now = Date.UTC(2026, 0, 1), elapseUpToMs = -1 } = {}) {
    this.#wallOffset = now;
    this.#elapseUpToMs = elapseUpToMs;
  }

  now(): number {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** How many delays wait for `advance`: zero when everything has cleaned up behind itself. */
  get pending(): number {
    return this.#sleepers.size;
  }

  /** Milliseconds until the last of them is over; 0: none is pending. */
  get longest(): number {
    return Math.max(0, ...[...this.#sleepers].map(({ at }) => at - this.#monotonic));
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    this.delays.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = {
        at: this.#monotonic + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.add(sleeper);
      if (ms <= this.#elapseUpToMs) setImmediate(() => this.#sleepers.has(sleeper) && this.#elapse(sleeper));
    });
  }

  advance(ms: number): void {
    this.#monotonic += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.at <= this.#monotonic) sleeper.wake();
  }

  /** Somebody sets the wall clock: forward, or back for a negative number. No time passes. */
  setWall(ms: number): void {
    this.#wallOffset += ms;
  }

  #elapse(sleeper: Sleeper): void {
    this.#monotonic = Math.max(this.#monotonic, sleeper.at);
    sleeper.wake();
  }
}
