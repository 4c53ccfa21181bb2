import { FairTurns } from './fair-turns.ts';

interface Waiting {
  readonly party: string;
  readonly start: (giveBack: () => void) => void;
}

/**
 * At most `size` holders at a time. The others wait: those of one party in the order they came, and the parties share the
 * places fairly (fair-turns.ts).
 */
export class Semaphore {
  readonly #size: number;
  readonly #turns = new FairTurns();
  /** The oldest first. */
  readonly #waiting: Waiting[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get busy(): boolean {
    return this.#turns.taken >= this.#size;
  }

  /**
   * Resolves with the function that gives the place back; rejects with the signal's reason when it aborts first.
   * @param party of the place, such as a namespace; unset: all share one
   */
  async acquire(signal: AbortSignal, party = ''): Promise<() => void> {
    signal.throwIfAborted();
    const giveBack = this.busy ? await this.#wait(signal, party) : this.#turns.take(party);
    return () => {
      giveBack();
      this.#next();
    };
  }

  #next(): void {
    if (this.busy) return;
    const party = this.#turns.next(this.#waiting.map((waiting) => waiting.party));
    const index = this.#waiting.findIndex((waiting) => waiting.party === party);
    if (party === undefined) return;
    const [first] = this.#waiting.splice(index, 1);
    first?.start(this.#turns.take(party));
  }

  #wait(signal: AbortSignal, party: string): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        party,
        start: (giveBack) => {
          signal.removeEventListener('abort', onAbort);
          resolve(giveBack);
        },
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
