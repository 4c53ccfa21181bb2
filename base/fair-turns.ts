/** The last turns of more parties than this are forgotten. */
const remembered = 1000;

/**
 * Whose turn is next where several parties share places, as namespaces do: of those that wait the one that has the fewest
 * places, and of these the one whose last turn is longest ago. A party with hundreds of waiters takes what nobody else wants;
 * it never waits for long, because each turn of another party brings its own nearer.
 */
export class FairTurns {
  readonly #places = new Map<string, number>();
  /** The number of its last turn, by party; the one of longest ago first. */
  readonly #lastTurns = new Map<string, number>();
  #turns = 0;
  #taken = 0;

  /** How many places all parties have together. */
  get taken(): number {
    return this.#taken;
  }

  /** @param waiting a party once for each of its waiters, in the order they came: of equal parties the first goes first */
  next(waiting: Iterable<string>): string | undefined {
    const [one, ...others] = new Set(waiting);
    return others.reduce((first, party) => (this.#goesBefore(party, first as string) ? party : first), one);
  }

  /** @returns what gives the place back, once */
  take(party: string): () => void {
    this.#count(party, 1);
    this.#remember(party);
    let held = true;
    return () => {
      if (held) this.#count(party, -1);
      held = false;
    };
  }

  #goesBefore(one: string, other: string): boolean {
    const more = (this.#places.get(one) ?? 0) - (this.#places.get(other) ?? 0);
    if (more !== 0) return more < 0;
    return (this.#lastTurns.get(one) ?? 0) < (this.#lastTurns.get(other) ?? 0);
  }

  #count(party: string, change: 1 | -1): void {
    this.#taken += change;
    const places = (this.#places.get(party) ?? 0) + change;
    if (places === 0) this.#places.delete(party);
    else this.#places.set(party, places);
  }

  #remember(party: string): void {
    this.#lastTurns.delete(party);
    this.#lastTurns.set(party, ++this.#turns);
    const [longestAgo] = this.#lastTurns.keys();
    if (this.#lastTurns.size > remembered && longestAgo !== undefined) this.#lastTurns.delete(longestAgo);
  }
}
