import type { Clock } from './clock.ts';

/** One timer by name: a new one replaces the previous one. */
export class Timers implements Disposable {
  readonly #clock: Clock;
  readonly #planned = new Map<string, AbortController>();
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: string, ms: number, work: () => void): void {
    this.cancel(name);
    // A push that ends after the last check would keep the process alive with its timer.
    if (this.#isOver) return;
    const planned = new AbortController();
    this.#planned.set(name, planned);
    this.#clock.delay(ms, planned.signal).then(
      () => {
        if (this.#planned.get(name) !== planned) return;
        this.#planned.delete(name);
        work();
      },
      () => {},
    );
  }

  cancel(name: string): void {
    this.#planned.get(name)?.abort();
    this.#planned.delete(name);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const name of [...this.#planned.keys()]) this.cancel(name);
  }
}
