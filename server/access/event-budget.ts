import type { Clock } from '../../base/clock.ts';

/** The same refusal is an Event again after this. */
const sameAfterMs = 60_000;
const forgottenAfterMs = 600_000;

/** Each Event is a write to the API server: how many refusals of one Remote become one. */
export class EventBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #different: number;
  /** When there was an Event of which refusal, the oldest first. */
  readonly #known = new Map<string, number>();

  /** @param different how many different ones there may be in ten minutes */
  constructor(different: number, clock: Pick<Clock, 'monotonic'>) {
    this.#different = different;
    this.#clock = clock;
  }

  /** Whether this one is an Event, which counts it. @param refusal what is the same in two that are the same */
  take(refusal: string): boolean {
    const now = this.#clock.monotonic();
    for (const [one, at] of this.#known) {
      if (now - at < forgottenAfterMs) break;
      this.#known.delete(one);
    }
    const last = this.#known.get(refusal);
    if (last === undefined ? this.#known.size >= this.#different : now - last < sameAfterMs) return false;
    this.#known.delete(refusal);
    this.#known.set(refusal, now);
    return true;
  }
}
