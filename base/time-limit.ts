import type { Clock } from './clock.ts';

/** How long a wait may take. What was complete and no longer is has the same time again, once. */
export class TimeLimit {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #seconds: number;
  #wasComplete = false;

  constructor(clock: Clock, seconds: number) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.#seconds = seconds;
  }

  /** Its end, by the monotonic clock. */
  get at(): number {
    return this.#startedAt + this.#allSeconds * 1000;
  }

  get isOver(): boolean {
    return this.#clock.monotonic() >= this.at;
  }

  /** `60 s`, for sentences. */
  get words(): string {
    return `${this.#allSeconds} s${this.#wasComplete ? ', although it was ready before' : ''}`;
  }

  /** It is complete now. @returns whether for the first time */
  complete(): boolean {
    const isFirst = !this.#wasComplete;
    this.#wasComplete = true;
    return isFirst;
  }

  get #allSeconds(): number {
    return this.#wasComplete ? 2 * this.#seconds : this.#seconds;
  }
}
