import type { Clock } from '../../base/clock.ts';
import type { Say } from '../types.ts';

const everyMs = 5000;

/** Says what is new at once, and what it has just said no more than every few seconds. */
export class SaySparingly {
  readonly #clock: Clock;
  readonly #say: Say;
  #last: string | undefined;
  #nextMs = 0;

  constructor(clock: Clock, say: Say) {
    this.#clock = clock;
    this.#say = say;
  }

  /** @param rest what may be another text each time */
  say(what: string, rest: string): void {
    const nowMs = this.#clock.monotonic();
    if (what === this.#last && nowMs < this.#nextMs) return;
    this.#last = what;
    this.#nextMs = nowMs + everyMs;
    this.#say(`${what}${rest}`);
  }
}
