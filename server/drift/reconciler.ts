import type { Applier } from '../../applier/index.ts';
import type { Emitter } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, shuttingDown } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { WorkQueue } from '../../base/work-queue.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { RemoteEntry, Remotes } from '../../remote-crd/index.ts';
import { type Environment, keyOf, keyOfRemote } from '../deploys/environment.ts';
import type { PushQueue } from '../deploys/queue.ts';
import type { EnvStore } from '../env/env-store.ts';
import { followRemotes } from '../follow-remotes.ts';
import type { Repositories } from '../git/repositories.ts';
import type { UndoParts } from '../tasks/undo-migrations.ts';
import { DriftCheck } from './drift-check.ts';
import type { DriftEvent } from './finding.ts';

export interface ReconcilerOptions {
  readonly remotes: Pick<Remotes, 'entry' | 'entries' | 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly deployer: Pick<Deployer, 'matches' | 'deploy' | 'restore' | 'waitUntilRestored'>;
  readonly applier: Pick<Applier, 'prune' | 'restore'>;
  readonly env: EnvStore;
  readonly tasks: UndoParts;
  readonly queue: Pick<PushQueue, 'isBusy' | 'tryEnter'>;
  readonly events: Emitter<DriftEvent>;
  /** Between two checks of one Remote, on average. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

interface Track {
  readonly id: string;
  readonly check: DriftCheck;
  generation: number;
}

const checksAtOnce = 8;
/** The first checks after a start are spread over this, or over the interval if that is shorter. */
const startMs = 30_000;
/** After a push or a change of the Remote; several of them at once are one check. */
const soonMs = 1000;

/** Checks each Remote, and each environment, again and again, whether its workloads run its last release. Errors never end it. */
export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions;
  readonly #queue: WorkQueue;
  /** By `keyOf` the environment. */
  readonly #tracks = new Map<string, Track>();
  #unsubscribe = () => {};

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { clock, intervalMs } = options;
    this.#queue = new WorkQueue({
      work: (key) => this.#check(key),
      concurrency: checksAtOnce,
      backOff: { firstMs: intervalMs, maxMs: intervalMs },
      onError: (key, thrown) => {
        const remote = this.#tracks.get(key)?.id;
        options.log.error({ remote, err: asGitkubeError(thrown) }, 'a drift check failed');
      },
      clock,
    });
  }

  /** Call it once branches and workloads agree (deploys/recover.ts) and `remotes` has synced. */
  start(): void {
    const { remotes, intervalMs } = this.#options;
    const firstMs = () => this.#random() * Math.min(startMs, intervalMs);
    const soon = () => this.#soonMs();
    let afterMs = firstMs;
    this.#unsubscribe = followRemotes(remotes, {
      // A Remote of another server counts as gone until it is ours again.
      seen: (entry) => (entry.elsewhere ? this.#forget(entry) : this.#changed(entry, afterMs)),
      gone: (entry) => this.#forget(entry),
    });
    afterMs = soon;
  }

  /** Something happened that may have changed workloads or what they should run. */
  enqueue(environment: Environment): void {
    const key = keyOf(environment);
    if (this.#tracks.has(key)) this.#queue.add(key, this.#soonMs());
  }

  /** Ends the rounds; a repair under way is undone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    await this.#queue.end(shuttingDown());
  }

  #changed(entry: RemoteEntry, afterMs: () => number): void {
    const { id, generation } = entry;
    const key = keyOfRemote(entry);
    const known = this.#tracks.get(key);
    if (known?.generation === generation) return;
    if (known) known.generation = generation;
    else {
      const check = new DriftCheck({ ...this.#options, signal: this.#queue.signal }, entry);
      this.#tracks.set(key, { id, check, generation });
    }
    this.#queue.add(key, afterMs());
  }

  #forget(entry: RemoteEntry): void {
    this.#tracks.delete(keyOfRemote(entry));
    this.#queue.forget(keyOfRemote(entry));
  }

  async #check(key: string): Promise<number> {
    const track = this.#tracks.get(key);
    const entry = track && this.#options.remotes.entry(track.id);
    if (track && entry && keyOfRemote(entry) === key && !entry.elsewhere) await track.check.at(entry);
    return this.#options.intervalMs * (0.75 + this.#random() / 2);
  }

  #soonMs(): number {
    return Math.min(soonMs, this.#options.intervalMs) * (0.5 + this.#random());
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }
}
