import type { Clock } from './clock.ts';
import { type BackOff, backOffMs } from './retry.ts';
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
  /** A number in [0, 1). */
  readonly random?: () => number;
}

/**
 * Work by key, as the work queue of controller-runtime: a key is worked on once at a time; one that is added while
 * it is worked on is worked on once more; one that fails is tried again.
 */
export class WorkQueue implements AsyncDisposable {
  readonly #options: WorkQueueOptions;
  readonly #timers: Timers;
  readonly #stop = new AbortController();
  readonly #known = new Set<string>();
  /** Wait for a place, the first one longest. */
  readonly #ready = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  /** Added while it was worked on, with the wait that was asked for. */
  readonly #again = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  /** Aborts when the queue ends. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** @param afterMs replaces an earlier wait of this key */
  add(key: string, afterMs = 0): void {
    if (this.signal.aborted) return;
    this.#known.add(key);
    if (this.#working.has(key)) return void this.#again.set(key, afterMs);
    this.#timers.cancel(key);
    if (afterMs > 0) {
      this.#ready.delete(key);
      this.#timers.set(key, afterMs, () => this.#start(key));
    } else this.#start(key);
  }

  /** Nothing more is begun for this key, until it is added again. */
  forget(key: string): void {
    this.#known.delete(key);
    this.#ready.delete(key);
    this.#again.delete(key);
    this.#failures.delete(key);
    this.#timers.cancel(key);
  }

  /** How many keys are worked on, or wait for nothing but a place. */
  get active(): number {
    return this.#working.size + this.#ready.size;
  }

  /** Resolves when nothing is worked on any more, and what is left waits for its time. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working.values());
  }

  /** Ends the work under way, and resolves when nothing of it is left. */
  async end(reason?: unknown): Promise<void> {
    this.#stop.abort(reason);
    this.#timers[Symbol.dispose]();
    this.#ready.clear();
    await Promise.all(this.#working.values());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #start(key: string): void {
    this.#ready.add(key);
    this.#fill();
  }

  #fill(): void {
    for (const key of this.#ready) {
      if (this.#working.size >= this.#options.concurrency) return;
      this.#ready.delete(key);
      const over = Promise.withResolvers<void>();
      // Before the work begins: what it adds at once, its own key too, has to find it here.
      this.#working.set(key, over.promise);
      over.resolve(this.#run(key).then((nextMs) => this.#next(key, nextMs)));
    }
  }

  async #run(key: string): Promise<number | undefined> {
    const { work, backOff, onError, random = Math.random } = this.#options;
    try {
      const nextMs = await work(key, this.signal);
      this.#failures.delete(key);
      return nextMs;
    } catch (thrown) {
      if (this.signal.aborted) return undefined;
      if (!this.#known.has(key)) return undefined;
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const retryInMs = backOffMs(backOff, failures, random());
      onError(key, thrown, retryInMs);
      return retryInMs;
    }
  }

  #next(key: string, nextMs: number | undefined): void {
    this.#working.delete(key);
    const afterMs = this.#again.get(key) ?? nextMs;
    this.#again.delete(key);
    if (afterMs !== undefined && this.#known.has(key)) this.add(key, afterMs);
    this.#fill();
  }
}
