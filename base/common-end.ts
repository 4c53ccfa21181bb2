/**
 * Several waits that end together, as what holds first may break while the others are still waited for. Each wait is a party
 * that says whether what it waits for holds, and looks on until all of it holds at the same time.
 */
export class CommonEnd {
  readonly #broken = new Set<Party>();
  readonly #reached = Promise.withResolvers<void>();
  #isReached = false;

  /** Every party has to join before the first one says that it holds. */
  join(): Party {
    const party: Party = {
      holds: (now) => {
        if (now) this.#broken.delete(party);
        else this.#broken.add(party);
        if (this.#broken.size === 0) this.#reach();
        return this.#isReached;
      },
      reached: this.#reached.promise,
    };
    this.#broken.add(party);
    return party;
  }

  #reach(): void {
    this.#isReached = true;
    this.#reached.resolve();
  }
}

export interface Party {
  /** Says whether it holds now. @returns whether all did at the same time, which is the end of every wait */
  holds(now: boolean): boolean;
  /** Resolves when all hold. */
  readonly reached: Promise<void>;
}

/** A wait that is independent of others. */
export function onItsOwn(): Party {
  return new CommonEnd().join();
}
