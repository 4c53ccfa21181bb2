import type { Clock } from '../base/clock.ts';

/** A watch that is refused for that long is refused for good. */
const lastingMs = 30_000;
/** So long after the last refusal, the watch has been let in between: it tries again sooner. */
const forgottenMs = 60_000;

/**
 * How long a watch has been refused. An API server that has just started refuses for a moment what it allows: its rights are not
 * loaded yet. The watch tries again all the same.
 */
export class Refusals {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #first = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** @param wasLetIn since the last one; @returns whether this is more than a moment */
  add(wasLetIn: boolean): boolean {
    const now = this.#clock.monotonic();
    if (wasLetIn || now - this.#last > forgottenMs) this.#first = now;
    this.#last = now;
    return now - this.#first >= lastingMs;
  }
}
