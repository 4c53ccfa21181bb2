import type { Applier } from '../../applier/index.ts';
import type { Emitter } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, shuttingDown } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { Semaphore } from '../../base/semaphore.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { RemoteEntry, Remotes } from '../../remote-crd/index.ts';
import type { PushQueue } from '../deploys/queue.ts';
import type { Repositories } from '../git/repositories.ts';
import { DriftCheck } from './drift-check.ts';
import type { DriftEvent } from './finding.ts';
import { Timers } from './timers.ts';

export interface ReconcilerOptions {
  readonly remotes: Pick<Remotes, 'entry' | 'entries' | 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly deployer: Pick<Deployer, 'matches' | 'deploy' | 'putBack' | 'waitUntilBack'>;
  readonly applier: Pick<Applier, 'prune' | 'putBack'>;
  readonly queue: Pick<PushQueue, 'isBusy' | 'tryEnter'>;
  readonly events: Emitter<DriftEvent>;
  /** Between two looks at one Remote, on average. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

interface Track {
  readonly look: DriftCheck;
  generation: number;
  looking: boolean;
  /** Something happened while it was looked at. */
  again: boolean;
}

const looksAtOnce = 8;
/** The first looks after a start are spread over this, or over the interval if that is shorter. */
const startMs = 30_000;
/** After a push or a change of the Remote; several of them at once are one look. */
const soonMs = 1000;

/** Looks at each Remote, again and again, whether its workloads run its last release. Errors never end it. */
export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions;
  readonly #tracks = new Map<string, Track>();
  readonly #places = new Semaphore(looksAtOnce);
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #timers: Timers;
  #unsubscribe = () => {};

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  /** Call it once branches and workloads agree (deploys/recover.ts) and `remotes` has synced. */
  start(): void {
    const { remotes, intervalMs } = this.#options;
    for (const entry of remotes.entries()) {
      if (entry.elsewhere) continue;
      this.#track(entry);
      this.#lookIn(this.#random() * Math.min(startMs, intervalMs), entry.id);
    }
    this.#unsubscribe = remotes.onChange(({ id, entry }) => this.#changed(id, entry));
  }

  /** Something happened that may have changed workloads or what they should run. */
  enqueue(id: string): void {
    const track = this.#tracks.get(id);
    if (!track) return;
    if (track.looking) track.again = true;
    else this.#lookIn(Math.min(soonMs, this.#options.intervalMs) * (0.5 + this.#random()), id);
  }

  /** Ends the rounds; a repair under way is put back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    const reason = shuttingDown();
    this.#stop.abort(reason);
    this.#timers[Symbol.dispose]();
    await Promise.all(this.#running);
  }

  #changed(id: string, changed: RemoteEntry | undefined): void {
    // What another server serves is as good as gone until it is ours again.
    const entry = changed?.elsewhere ? undefined : changed;
    const track = this.#tracks.get(id);
    if (!entry || (track && track.look.uid !== entry.uid)) {
      this.#tracks.delete(id);
      this.#timers.cancel(id);
    }
    if (!entry) return;
    const known = this.#tracks.get(id);
    if (known?.generation === entry.generation) return;
    if (known) known.generation = entry.generation;
    else this.#track(entry);
    this.enqueue(id);
  }

  #track(entry: RemoteEntry): void {
    const look = new DriftCheck({ ...this.#options, signal: this.#stop.signal }, entry);
    this.#tracks.set(entry.id, { look, generation: entry.generation, looking: false, again: false });
  }

  #lookIn(ms: number, id: string): void {
    this.#timers.set(id, ms, () => {
      const running = this.#look(id).finally(() => this.#running.delete(running));
      this.#running.add(running);
    });
  }

  async #look(id: string): Promise<void> {
    const track = this.#tracks.get(id);
    if (!track || track.looking) return;
    track.looking = true;
    try {
      const leave = await this.#places.acquire(this.#stop.signal);
      try {
        const entry = this.#options.remotes.entry(id);
        if (entry?.uid === track.look.uid && !entry.elsewhere) await track.look.at(entry);
      } finally {
        leave();
      }
    } catch (thrown) {
      if (!this.#stop.signal.aborted) {
        this.#options.log.error({ remote: id, err: asGitkubeError(thrown) }, 'looking for drift failed');
      }
    } finally {
      track.looking = false;
      this.#next(id, track);
    }
  }

  #next(id: string, track: Track): void {
    if (this.#stop.signal.aborted || this.#tracks.get(id) !== track) return;
    const again = track.again;
    track.again = false;
    if (again) this.enqueue(id);
    else this.#lookIn(this.#options.intervalMs * (0.75 + this.#random() / 2), id);
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }
}
