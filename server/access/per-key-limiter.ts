import { GitkubeError } from '../../base/errors.ts';

/** How many connections, or sessions, each key has: one that is lost or runs wild must not take those of all others. */
export class PerKeyLimiter {
  readonly #max: number;
  readonly #what: string;
  readonly #whose: string;
  readonly #taken = new Map<string, number>();

  /** @param what they are, in the plural */
  constructor(max: number, what: string, whose: 'key' | 'token' = 'key') {
    this.#whose = whose;
    this.#max = max;
    this.#what = what;
  }

  /** @returns what gives the place back, once; undefined when this key has as many as it may */
  take(fingerprint: string): (() => void) | undefined {
    const taken = this.#taken.get(fingerprint) ?? 0;
    if (taken >= this.#max) return undefined;
    this.#taken.set(fingerprint, taken + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#taken.get(fingerprint) ?? 1) - 1;
      if (left === 0) this.#taken.delete(fingerprint);
      else this.#taken.set(fingerprint, left);
    };
  }

  get refusal(): GitkubeError {
    return new GitkubeError('ServerBusy', `this ${this.#whose} has ${this.#max} ${this.#what} already`, {
      hint: `close some, or use one ${this.#whose} per person`,
    });
  }
}
