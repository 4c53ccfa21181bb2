import { GitkubeError } from '../../base/errors.ts';
import { FairTurns } from '../../base/fair-turns.ts';
import { count } from '../../base/text.ts';
import { type Environment, keyOf } from './environment.ts';
import type { Place, QueueEntry } from './queue-entry.ts';
import { type WaitingPush, WaitingPushes } from './waiting-pushes.ts';

interface Held {
  readonly place: Place;
  /** What the limit counts is given back; unset: it is not counted. */
  readonly giveBack?: () => void;
}

/**
 * One push at a time per environment, several side by side up to a limit; namespaces share the places fairly
 * (waiting-pushes.ts). Of the waiting pushes of one branch that would deploy, the newest has its turn first. Once it is
 * checked, the older ones are out of date and are dropped; when it is refused, they have their turn. A restart, a redeploy and
 * a return are about what runs: they give way to those, and drop none.
 */
export class PushQueue {
  readonly #maxRunning: number;
  readonly #turns = new FairTurns();
  readonly #held = new Map<string, Held>();
  readonly #waiting = new WaitingPushes();
  /** What those that wait last printed that they wait for. */
  readonly #said = new WeakMap<WaitingPush, 'a push' | 'a place'>();
  readonly #listeners: ((environment: Environment) => void)[] = [];

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  get running(): number {
    return this.#turns.taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when it is this push's turn, with what has to be called when it is over.
   * @throws PushSuperseded when a newer push took its place; the signal's reason when it aborts
   */
  async enter(entry: QueueEntry): Promise<() => void> {
    entry.signal.throwIfAborted();
    this.#overtake(entry);
    await new Promise<void>((start, refuse) => {
      const push: WaitingPush = { entry, start, refuse };
      entry.signal.addEventListener('abort', () => this.#drop(push, entry.signal.reason), { once: true });
      this.#waiting.add(push);
      this.#startNext();
    });
    return () => {
      if (this.#leave(entry)) this.#notifyPushed(entry.environment);
    };
  }

  /**
   * The push that has its turn is checked: what waited before it was to deploy something older.
   * @param entry as it was given to `enter`
   */
  dropOlder(entry: QueueEntry): void {
    if (entry.givesWay) return;
    for (const older of this.#waiting.olderThan(entry)) this.#drop(older, superseded(entry));
  }

  /** Says to all that wait for this environment what goes on there. */
  report(environment: Environment, line: string): void {
    for (const { entry } of this.#waiting) if (keyOf(entry.environment) === keyOf(environment)) entry.onWait(line);
  }

  /** Called after each push that had its turn, and after each turn that was held for something else. */
  onPushed(listener: (environment: Environment) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether somebody works on this environment, or waits to. */
  isBusy(environment: Environment): boolean {
    const key = keyOf(environment);
    return this.#held.has(key) || [...this.#waiting].some(({ entry }) => keyOf(entry.environment) === key);
  }

  /**
   * Takes the place of a Remote on which nobody works, for something that is not a push and gives way to every push.
   * @param others environments of which it is held as well, without a place of their own
   * @returns what has to be called when it is over; undefined: not now
   */
  tryEnter(place: Place, others: readonly Environment[] = []): (() => void) | undefined {
    if (this.#isFull || [place.environment, ...others].some((one) => this.isBusy(one))) return undefined;
    const held = { ...place };
    this.#hold(held);
    const beside = others.map((environment) => ({ ...place, environment }));
    for (const one of beside) this.#held.set(keyOf(one.environment), { place: one });
    return () => {
      for (const one of [held, ...beside]) this.#leave(one);
    };
  }

  /**
   * Holds the place of a Remote before the first push of it comes, besides those that the limit counts.
   * @returns what has to be called when it is over
   */
  hold(place: Omit<Place, 'giveWay'>): () => void {
    const held = { ...place };
    this.#held.set(keyOf(place.environment), { place: held });
    return () => {
      if (this.#leave(held)) this.#notifyPushed(place.environment);
    };
  }

  get #isFull(): boolean {
    return this.running >= this.#maxRunning;
  }

  #hold(place: Place): void {
    this.#held.set(keyOf(place.environment), { place, giveBack: this.#turns.take(place.environment.namespace) });
  }

  #leave(place: Held['place']): boolean {
    const held = this.#held.get(keyOf(place.environment));
    if (held?.place !== place) return false;
    this.#held.delete(keyOf(place.environment));
    held.giveBack?.();
    this.#startNext();
    return true;
  }

  #startNext(): void {
    const couldStart = ({ environment }: QueueEntry) => !this.#held.has(keyOf(environment));
    while (!this.#isFull) {
      const next = this.#waiting.next(this.#turns, couldStart);
      if (!next) break;
      this.#waiting.delete(next);
      this.#hold(next.entry);
      next.start();
    }
    // Who waited for a push of its Remote, which has ended, may wait for a free place now.
    for (const push of this.#waiting) this.#sayWhy(push);
  }

  #sayWhy(push: WaitingPush): void {
    const ahead = this.#held.get(keyOf(push.entry.environment))?.place;
    const what = ahead ? 'a push' : 'a place';
    if (this.#said.get(push) === what) return;
    this.#said.set(push, what);
    push.entry.onWait(
      ahead
        ? `waiting for ${ahead.doing ?? 'the push before this one'}: ${ahead.label}`
        : `waiting for a free place: ${count(this.running, 'push is', 'pushes are')} under way`,
    );
    const inTheWay = ahead ? [ahead] : [...this.#held.values()].map(({ place }) => place);
    for (const place of inTheWay) place.giveWay?.();
  }

  /** Drops at once what is certainly out of date; whether the rest is shows when the newer push is checked. */
  #overtake(newer: QueueEntry): void {
    if (newer.givesWay) return;
    const { covers } = newer;
    for (const older of this.#waiting.like(newer)) {
      const drop = () => this.#drop(older, superseded(newer));
      if (!covers || !older.entry.move) {
        drop();
        continue;
      }
      const wait = () => older.entry.onWait(`a newer push of ${newer.branch} goes first: ${newer.label}`);
      const decide = (covered: boolean) => {
        if (newer.signal.aborted || !this.#waiting.has(older)) return;
        if (covered) drop();
        else wait();
      };
      covers(older.entry.move).then(decide, () => decide(false));
    }
  }

  #drop(push: WaitingPush, reason: unknown): void {
    if (this.#waiting.delete(push)) push.refuse(reason);
  }

  #notifyPushed(environment: Environment): void {
    for (const listener of this.#listeners) listener(environment);
  }
}

function superseded({ label }: QueueEntry): GitkubeError {
  return new GitkubeError('PushSuperseded', `a newer push replaced this one: ${label}`);
}
