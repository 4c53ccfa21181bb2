import type { FairTurns } from '../../base/fair-turns.ts';
import { isSameDeploy, type QueueEntry } from './queue-entry.ts';

export interface WaitingPush {
  readonly entry: QueueEntry;
  readonly start: () => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * The pushes that wait, and which of them is next: the namespaces take turns (base/fair-turns.ts), and within one the
 * first comes first. The newest push of a branch that would deploy has the turn of the oldest one, before all that give way.
 */
export class WaitingPushes implements Iterable<WaitingPush> {
  /** The oldest first. */
  #all: WaitingPush[] = [];
  readonly #arrivals = new WeakMap<QueueEntry, number>();
  #arrived = 0;

  get size(): number {
    return this.#all.length;
  }

  /** Of now, the oldest first. */
  [Symbol.iterator](): Iterator<WaitingPush> {
    return [...this.#all][Symbol.iterator]();
  }

  has(push: WaitingPush): boolean {
    return this.#all.includes(push);
  }

  add(push: WaitingPush): void {
    this.#arrivals.set(push.entry, this.#arrived++);
    this.#all.push(push);
  }

  /** @returns false: it does not wait any more */
  delete(push: WaitingPush): boolean {
    if (!this.has(push)) return false;
    this.#all = this.#all.filter((other) => other !== push);
    return true;
  }

  /** Those that would deploy what this push deploys. */
  like(entry: QueueEntry): WaitingPush[] {
    return this.#all.filter((other) => isSameDeploy(other.entry, entry));
  }

  /** Those of them that came before it; it may have its turn by now. */
  olderThan(entry: QueueEntry): WaitingPush[] {
    const arrival = (one: QueueEntry) => this.#arrivals.get(one) ?? 0;
    return this.like(entry).filter((other) => arrival(other.entry) < arrival(entry));
  }

  /** Of those that could start, whose turn is next. */
  next(turns: FairTurns, couldStart: (entry: QueueEntry) => boolean): WaitingPush | undefined {
    const able = this.#all.filter(({ entry }) => couldStart(entry));
    const namespace = turns.next(able.map(({ entry }) => entry.environment.namespace));
    const oldest = able.find(({ entry }) => entry.environment.namespace === namespace);
    if (!oldest) return undefined;
    const alike = this.like(oldest.entry);
    return alike.findLast(({ entry }) => !entry.givesWay) ?? alike[0] ?? oldest;
  }
}
