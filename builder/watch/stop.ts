import type { Clock } from '../../base/clock.ts';

/** One signal for everything that ends a piece of work early; its reason is the error that the pusher gets. */
export class Stop implements Disposable {
  readonly #own = new AbortController();
  readonly #timer = new AbortController();
  readonly signal: AbortSignal;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#own.signal]);
  }

  now(reason: Error): void {
    this.#own.abort(reason);
  }

  after(ms: number, clock: Clock, reason: () => Error): void {
    clock.delay(ms, this.#timer.signal).then(
      () => this.now(reason()),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.#timer.abort();
  }
}
