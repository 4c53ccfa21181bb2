import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { WorkQueue } from '../../base/work-queue.ts';
import type { RemoteEntry, Remotes } from '../../remote-crd/index.ts';
import { followResources } from '../follow-remotes.ts';
import { type Finalizers, repositoryFinalizer } from './finalizers.ts';
import type { RepositoryOwner } from './repository-owner.ts';

export interface DeletionsOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly keeper: Pick<RepositoryOwner, 'archive'>;
  readonly finalizers: Pick<Finalizers, 'release'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const backOff = { firstMs: 1000, maxMs: 300_000 };
/**
 * A Remote whose repository is not here may be the one of another server in the same cluster (a `gitkube serve` on
 * somebody's machine): that one goes first. If nobody does, the repository is lost and must not hold the Remote.
 */
const elsewhereMs = 60_000;

/** Nothing is gained by an order: each waits for pushes and the API server. */
const atOnce = 1000;

/**
 * Lets Remotes go that are being deleted, also those that were deleted while no server ran; and archives the repository of
 * one that went without waiting for that.
 */
export class Deletions implements AsyncDisposable {
  readonly #options: DeletionsOptions;
  readonly #queue: WorkQueue;
  /** By uid: what is to be released, with the part of it that is left. */
  readonly #leaving = new Map<string, { readonly entry: RemoteEntry; readonly archive: () => Promise<void> }>();
  #unsubscribe = () => {};

  constructor(options: DeletionsOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#queue = new WorkQueue({
      work: (uid) => this.#letGo(uid),
      concurrency: atOnce,
      backOff,
      onError: (uid, thrown, retryInMs) => {
        const { reason, message: why } = asGitkubeError(thrown);
        const remote = this.#leaving.get(uid)?.entry.id;
        log.warn({ remote, reason, why, retryInMs }, 'the finalizer of a deleted Remote could not be removed');
      },
      clock,
    });
  }

  start(): void {
    this.#unsubscribe = followResources(this.#options.remotes, {
      seen: (entry) => {
        // The server that serves it lets it go.
        const isHeld = entry.deleting && !entry.elsewhere && entry.finalizers.includes(repositoryFinalizer);
        if (isHeld) this.#add(entry);
      },
      // What another server serves is that one's to archive; what is here then is an orphan.
      gone: (entry) => {
        if (!entry.elsewhere) this.#add(entry);
      },
    });
  }

  /** What is begun is ended at the next start: the finalizer comes off last. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    await this.#queue.end();
  }

  #add(entry: RemoteEntry): void {
    if (this.#leaving.has(entry.uid)) return;
    this.#leaving.set(entry.uid, { entry, archive: this.#archive(entry) });
    this.#queue.add(entry.uid);
  }

  async #letGo(uid: string): Promise<undefined> {
    const { finalizers } = this.#options;
    const { signal } = this.#queue;
    const leaving = this.#leaving.get(uid);
    if (!leaving) return;
    await leaving.archive();
    // An API server that does not answer holds up no end of the server.
    await untilAborted(finalizers.release(leaving.entry, signal), signal);
    this.#leaving.delete(uid);
    this.#queue.forget(uid);
  }

  /** @returns what is called until it succeeds, and does nothing then */
  #archive(entry: RemoteEntry): () => Promise<void> {
    const { keeper, clock } = this.#options;
    const { signal } = this.#queue;
    let done = false;
    return async () => {
      if (done) return;
      // Archiving waits for a push, which a server that stops ends later than this.
      const place = await untilAborted(keeper.archive(entry), signal);
      if (place === undefined && entry.deleting) await clock.delay(elsewhereMs, signal);
      done = true;
    };
  }
}
