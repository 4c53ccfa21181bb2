import type { Clock } from './clock.ts';
import { type BackOff, backOffMs } from './retry.ts';
import { Semaphore } from './semaphore.ts';
import { Timers } from './timers.ts';

export interface WorkQueueOptions {
  /**
   * Works on one key.
   * @returns milliseconds until it is worked on again; undefined: not before it is added again
   */
  readonly work: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  /** How many keys are worked on at the same time. */
  readonly concurrency: number;
  /** Between the tries of a key whose work fails. */
  readonly backOff: BackOff;
  readonly onError: (key: string, thrown: unknown, retryInMs: number) => void;
  readonly clock: Clock;
}

/**
 * Work by key, as the work queue of controller-runtime: a key is worked on once at a time; one that is added meanwhile is
 * worked on once more; one that fails is tried again.
 */
export class WorkQueue implements AsyncDisposable {
  readonly #options: WorkQueueOptions;
  readonly #timers: Timers;
  readonly #places: Semaphore;
  readonly #stop = new AbortController();
  readonly #known = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  /** Added while it was worked on, with the wait that was asked for. */
  readonly #again = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
    this.#places = new Semaphore(options.concurrency);
  }

  /** Aborts when the queue ends. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** @param afterMs takes the place of an earlier wait of this key */
  add(key: string, afterMs = 0): void {
    if (this.signal.aborted) return;
    this.#known.add(key);
    if (this.#working.has(key)) return void this.#again.set(key, afterMs);
    this.#timers.cancel(key);
    if (afterMs > 0) this.#timers.set(key, afterMs, () => this.#start(key));
    else this.#start(key);
  }

  /** Nothing more is begun for this key, until it is added again. */
  forget(key: string): void {
    this.#known.delete(key);
    this.#again.delete(key);
    this.#failures.delete(key);
    this.#timers.cancel(key);
  }

  /** Ends the work under way, and resolves when nothing of it is left. */
  async end(reason?: unknown): Promise<void> {
    this.#stop.abort(reason);
    this.#timers[Symbol.dispose]();
    await Promise.all(this.#working.values());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #start(key: string): void {
    this.#working.set(
      key,
      this.#run(key).then((nextMs) => this.#next(key, nextMs)),
    );
  }

  async #run(key: string): Promise<number | undefined> {
    const { work, backOff, onError } = this.#options;
    try {
      const leave = await this.#places.acquire(this.signal);
      try {
        const nextMs = await work(key, this.signal);
        this.#failures.delete(key);
        return nextMs;
      } finally {
        leave();
      }
    } catch (thrown) {
      if (this.signal.aborted) return undefined;
      if (!this.#known.has(key)) return undefined;
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const retryInMs = backOffMs(backOff, failures, Math.random());
      onError(key, thrown, retryInMs);
      return retryInMs;
    }
  }

  #next(key: string, nextMs: number | undefined): void {
    this.#working.delete(key);
    const afterMs = this.#again.get(key) ?? nextMs;
    this.#again.delete(key);
    if (afterMs !== undefined && this.#known.has(key)) this.add(key, afterMs);
  }
}
