import { AsyncSignal } from './async-signal.ts';

/**
 * Between any number of writers and one reader: a writer waits while it is full, so a reader that is slow, or stands
 * still, holds nothing in memory.
 */
export class BoundedQueue<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #changed = new AsyncSignal();
  #end: { readonly error?: unknown } | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Resolves when it has a place; at once, without one, when the queue has ended. */
  async put(item: T): Promise<void> {
    while (!this.#end && this.#items.length >= this.#max) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#end) return;
    this.#items.push(item);
    this.#changed.notify();
  }

  /** What is in it is still read, unless there is an error. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#changed.notify();
  }

  async *read(): AsyncGenerator<T> {
    try {
      for (;;) {
        if (this.#end && 'error' in this.#end) throw this.#end.error;
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#waiting.shift()?.();
          yield item;
        } else if (this.#end) return;
        else await this.#changed.wait();
      }
    } finally {
      this.end();
    }
  }
}
