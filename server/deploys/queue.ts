import { GitkubeError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';

/** Where the branch was for the pusher, and what it shall be. */
export interface BranchMove {
  readonly oldOid: string;
  readonly newOid: string;
}

export interface QueueEntry {
  readonly remoteId: string;
  readonly branch: string;
  /** False: it checks or builds only. */
  readonly deploys: boolean;
  /** Who and what, for those who wait behind: `1f3c2d4 by alice@laptop`. */
  readonly label: string;
  /** What it is, for those who wait behind; unset: a push. */
  readonly doing?: string;
  readonly move?: BranchMove;
  /**
   * Whether this push is accepted wherever an older one would be: then the older one is out of date already. Unset: it
   * is.
   */
  readonly covers?: (older: BranchMove) => Promise<boolean>;
  /** Told when the push has to wait: behind whom. */
  readonly onWait: (reason: string) => void;
  readonly signal: AbortSignal;
}

/** Held by whoever works on a Remote. */
export interface Place extends Pick<QueueEntry, 'remoteId' | 'label' | 'doing'> {
  /** Told when a push waits for this place, or for any. */
  readonly giveWay?: () => void;
  /** It takes nothing from the pushes of other Remotes. */
  readonly uncounted?: true;
}

interface Waiting {
  readonly entry: QueueEntry;
  readonly start: () => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * One push at a time per Remote, several Remotes side by side up to a limit. Of the waiting pushes of one branch that
 * would deploy, the newest has its turn first. Once it is checked, the older ones are out of date and are dropped; when
 * it is refused, they have their turn.
 */
export class PushQueue {
  readonly #maxRunning: number;
  readonly #running = new Map<string, Place>();
  readonly #listeners: ((remoteId: string) => void)[] = [];
  /** The oldest first. */
  #waiting: Waiting[] = [];
  readonly #arrivals = new WeakMap<QueueEntry, number>();
  #arrived = 0;

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  get running(): number {
    return [...this.#running.values()].filter(({ uncounted }) => !uncounted).length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when it is this push's turn, with what has to be called when it is over.
   * @throws PushSuperseded when a newer push took its place; the signal's reason when it aborts
   */
  async enter(entry: QueueEntry): Promise<() => void> {
    entry.signal.throwIfAborted();
    this.#arrivals.set(entry, this.#arrived++);
    this.#overtake(entry);
    await new Promise<void>((start, refuse) => {
      const waiting: Waiting = { entry, start, refuse };
      entry.signal.addEventListener('abort', () => this.#drop(waiting, entry.signal.reason), { once: true });
      this.#waiting.push(waiting);
      this.#next();
      if (!this.#waiting.includes(waiting)) return;
      entry.onWait(this.#whyWaiting(entry));
      const ahead = this.#running.get(entry.remoteId);
      for (const place of ahead ? [ahead] : this.#running.values()) place.giveWay?.();
    });
    return () => {
      if (this.#leave(entry)) for (const listener of this.#listeners) listener(entry.remoteId);
    };
  }

  /**
   * The push that has its turn is checked: what waited before it was to deploy something older.
   * @param entry as it was given to `enter`
   */
  dropOlder(entry: QueueEntry): void {
    const arrived = this.#arrivals.get(entry) ?? 0;
    for (const waiting of this.#waiting) {
      const isOlder = (this.#arrivals.get(waiting.entry) ?? 0) < arrived;
      if (isOlder && isSameDeploy(waiting.entry, entry)) this.#drop(waiting, superseded(entry));
    }
  }

  /** Told after each push that had its turn, and after what was held for one. */
  onPushed(listener: (remoteId: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether somebody works on this Remote, or waits to. */
  isBusy(remoteId: string): boolean {
    return this.#running.has(remoteId) || this.#waiting.some(({ entry }) => entry.remoteId === remoteId);
  }

  /**
   * Takes the place of a Remote on which nobody works, for something that is not a push and gives way to every push.
   * @returns what has to be called when it is over; undefined: not now
   */
  tryEnter(place: Place): (() => void) | undefined {
    if (this.running >= this.#maxRunning || this.isBusy(place.remoteId)) return undefined;
    const held = { ...place };
    this.#running.set(place.remoteId, held);
    return () => void this.#leave(held);
  }

  /**
   * Holds the place of a Remote before the first push of it comes, besides those that the limit counts.
   * @returns what has to be called when it is over
   */
  hold(place: Omit<Place, 'giveWay' | 'uncounted'>): () => void {
    const held = { ...place, uncounted: true } as const;
    this.#running.set(place.remoteId, held);
    return () => {
      if (this.#leave(held)) for (const listener of this.#listeners) listener(place.remoteId);
    };
  }

  #leave(place: Place): boolean {
    if (this.#running.get(place.remoteId) !== place) return false;
    this.#running.delete(place.remoteId);
    this.#next();
    return true;
  }

  /** Drops at once what is certainly out of date; whether the rest is shows when the newer push is checked. */
  #overtake(newer: QueueEntry): void {
    const { covers } = newer;
    for (const older of this.#waiting.filter(({ entry }) => isSameDeploy(entry, newer))) {
      const drop = () => this.#drop(older, superseded(newer));
      if (!covers || !older.entry.move) {
        drop();
        continue;
      }
      const wait = () => older.entry.onWait(`a newer push of ${newer.branch} goes first: ${newer.label}`);
      const decide = (covered: boolean) => {
        if (newer.signal.aborted || !this.#waiting.includes(older)) return;
        if (covered) drop();
        else wait();
      };
      covers(older.entry.move).then(decide, () => decide(false));
    }
  }

  #drop(waiting: Waiting, reason: unknown): void {
    if (!this.#waiting.includes(waiting)) return;
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.refuse(reason);
  }

  #next(): void {
    for (const { entry } of [...this.#waiting]) {
      if (this.running >= this.#maxRunning) return;
      if (this.#running.has(entry.remoteId)) continue;
      const first = this.#newestLike(entry);
      this.#waiting = this.#waiting.filter((other) => other !== first);
      this.#running.set(entry.remoteId, first.entry);
      first.start();
    }
  }

  #newestLike(entry: QueueEntry): Waiting {
    const like = this.#waiting.filter((other) => other.entry === entry || isSameDeploy(other.entry, entry));
    return like.at(-1) as Waiting;
  }

  #whyWaiting(entry: QueueEntry): string {
    const ahead = this.#running.get(entry.remoteId);
    if (ahead) return `waiting for ${ahead.doing ?? 'the push before this one'}: ${ahead.label}`;
    return `waiting for a free place: ${count(this.running, 'push is', 'pushes are')} under way`;
  }
}

function isSameDeploy(one: QueueEntry, other: QueueEntry): boolean {
  return one.deploys && other.deploys && one.remoteId === other.remoteId && one.branch === other.branch;
}

function superseded({ label }: QueueEntry): GitkubeError {
  return new GitkubeError('PushSuperseded', `a newer push took the place of this one: ${label}`);
}
