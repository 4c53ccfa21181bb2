import { GitkubeError } from '../../base/errors.ts';

/** How many connections each key holds: one that is lost or runs wild must not take those of all others. */
export class KeyPlaces {
  readonly #max: number;
  readonly #taken = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns what gives the place back; undefined when this key has as many as it may */
  take(fingerprint: string): (() => void) | undefined {
    const taken = this.#taken.get(fingerprint) ?? 0;
    if (taken >= this.#max) return undefined;
    this.#taken.set(fingerprint, taken + 1);
    return () => {
      const left = (this.#taken.get(fingerprint) ?? 1) - 1;
      if (left === 0) this.#taken.delete(fingerprint);
      else this.#taken.set(fingerprint, left);
    };
  }

  get refusal(): GitkubeError {
    return new GitkubeError('ServerBusy', `this key has ${this.#max} connections already`, {
      hint: 'wait until some of them have ended; who shares this key with you?',
    });
  }
}
