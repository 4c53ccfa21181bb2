import { GitkubeError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';

export interface QueueEntry {
  readonly remoteId: string;
  readonly branch: string;
  /** False: it checks or builds only. */
  readonly deploys: boolean;
  /** Who and what, for those who wait behind: `1f3c2d4 by alice@laptop`. */
  readonly label: string;
  /** What it is, for those who wait behind; unset: a push. */
  readonly doing?: string;
  /** Told once when the push has to wait: behind whom. */
  readonly onWait: (reason: string) => void;
  readonly signal: AbortSignal;
}

/** Held by whoever works on a Remote. */
export interface Place extends Pick<QueueEntry, 'remoteId' | 'label' | 'doing'> {
  /** Told when a push waits for this place, or for any. */
  readonly giveWay?: () => void;
}

interface Waiting extends QueueEntry {
  readonly start: () => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * One push at a time per Remote, several Remotes side by side up to a limit. A waiting push that would deploy is replaced
 * by a newer one of the same branch that would, too: what it would deploy is out of date before its turn.
 */
export class PushQueue {
  readonly #maxRunning: number;
  readonly #running = new Map<string, Place>();
  readonly #listeners: ((remoteId: string) => void)[] = [];
  #waiting: Waiting[] = [];

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  get running(): number {
    return this.#running.size;
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
    this.#supersede(entry);
    const place = await new Promise<Place>((resolve, reject) => {
      const waiting: Waiting = { ...entry, start: () => resolve(waiting), refuse: reject };
      entry.signal.addEventListener('abort', () => this.#drop(waiting, entry.signal.reason), { once: true });
      this.#waiting.push(waiting);
      this.#next();
      if (!this.#waiting.includes(waiting)) return;
      entry.onWait(this.#whyWaiting(entry));
      const ahead = this.#running.get(entry.remoteId);
      for (const place of ahead ? [ahead] : this.#running.values()) place.giveWay?.();
    });
    return () => {
      if (this.#leave(place)) for (const listener of this.#listeners) listener(entry.remoteId);
    };
  }

  /** Told after each push that had its turn. */
  onPushed(listener: (remoteId: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether somebody works on this Remote, or waits to. */
  isBusy(remoteId: string): boolean {
    return this.#running.has(remoteId) || this.#waiting.some((waiting) => waiting.remoteId === remoteId);
  }

  /**
   * Takes the place of a Remote on which nobody works, for something that is not a push and gives way to every push.
   * @returns what has to be called when it is over; undefined: not now
   */
  tryEnter(place: Place): (() => void) | undefined {
    if (this.#running.size >= this.#maxRunning || this.isBusy(place.remoteId)) return undefined;
    const held = { ...place };
    this.#running.set(place.remoteId, held);
    return () => void this.#leave(held);
  }

  #leave(place: Place): boolean {
    if (this.#running.get(place.remoteId) !== place) return false;
    this.#running.delete(place.remoteId);
    this.#next();
    return true;
  }

  #supersede(entry: QueueEntry): void {
    const { remoteId, branch } = entry;
    const older = this.#waiting.find(
      (other) => other.deploys && other.remoteId === remoteId && other.branch === branch,
    );
    if (!older || !entry.deploys) return;
    this.#drop(older, new GitkubeError('PushSuperseded', `a newer push took the place of this one: ${entry.label}`));
  }

  #drop(waiting: Waiting, reason: unknown): void {
    if (!this.#waiting.includes(waiting)) return;
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.refuse(reason);
  }

  #next(): void {
    for (const waiting of [...this.#waiting]) {
      if (this.#running.size >= this.#maxRunning) return;
      if (this.#running.has(waiting.remoteId)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      this.#running.set(waiting.remoteId, waiting);
      waiting.start();
    }
  }

  #whyWaiting(entry: QueueEntry): string {
    const ahead = this.#running.get(entry.remoteId);
    if (ahead) return `waiting for ${ahead.doing ?? 'the push before this one'}: ${ahead.label}`;
    return `waiting for a free place: ${count(this.#running.size, 'push is', 'pushes are')} under way`;
  }
}
