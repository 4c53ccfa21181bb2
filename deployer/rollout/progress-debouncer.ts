import type { Clock } from '../../base/clock.ts';

/** States that pass in less are not worth a line. */
const worthMs = 300;

/** Lets a progress line through once: when it is another one than the last, and has been true for a moment. */
export class ProgressDebouncer {
  readonly #clock: Clock;
  #offered = '';
  #offeredAt = 0;
  #said = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The line to say now, or when to offer it again; both undefined: nothing new. */
  offer(line: string): { readonly say?: string; readonly dueAt?: number } {
    if (line === '' || line === this.#said) {
      this.#offered = line;
      return {};
    }
    const now = this.#clock.monotonic();
    if (line !== this.#offered) this.#offeredAt = now;
    this.#offered = line;
    const dueAt = this.#offeredAt + worthMs;
    if (now < dueAt) return { dueAt };
    this.#said = line;
    return { say: line };
  }

  /** There is nothing to wait for now. @returns whether a line said that there was */
  clear(): boolean {
    const spoke = this.#said !== '';
    this.#offered = '';
    this.#said = '';
    return spoke;
  }
}
