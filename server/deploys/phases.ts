import type { Clock } from '../../base/clock.ts';

/**
 * The phases of a push, in their order: `receive` (git takes the pack), `queue` (its turn comes), `check`, `build`
 * (images, with their push to the registry), `test` (tasks that change nothing), `accept` (git moves the objects out of
 * quarantine), `migrate` (tasks that cannot be undone like the rest), `rollout`, `verify` (tasks that look at what runs), `refs`.
 */
export type Phase =
  | 'receive'
  | 'queue'
  | 'check'
  | 'build'
  | 'test'
  | 'accept'
  | 'migrate'
  | 'rollout'
  | 'verify'
  | 'refs';

/** Where the time of a push goes. A phase lasts until the next one begins. */
export class Phases {
  readonly #clock: Clock;
  readonly #ms = new Map<Phase, number>();
  readonly #listeners = new Set<(phase: Phase) => void>();
  #current: Phase = 'receive';
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  begin(phase: Phase): void {
    this.#add();
    this.#current = phase;
    for (const listener of this.#listeners) listener(phase);
  }

  /** Called for each phase that begins from now on. @returns what ends it */
  onBegin(listener: (phase: Phase) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get current(): Phase {
    return this.#current;
  }

  /** Milliseconds by phase, up to now. */
  get durations(): Readonly<Partial<Record<Phase, number>>> {
    this.#add();
    return Object.fromEntries(this.#ms);
  }

  #add(): void {
    const now = this.#clock.monotonic();
    this.#ms.set(this.#current, (this.#ms.get(this.#current) ?? 0) + now - this.#since);
    this.#since = now;
  }
}
