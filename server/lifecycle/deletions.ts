import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { backOffMs } from '../../base/retry.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { RemoteChange, RemoteEntry, Remotes } from '../../remote-crd/index.ts';
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

/**
 * Lets Remotes go that are being deleted, also those that were deleted while no server ran; and puts away the repository
 * of one that went without waiting for that.
 */
export class Deletions implements AsyncDisposable {
  readonly #options: DeletionsOptions;
  /** By uid: another Remote of the same name is another one. */
  readonly #working = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #unsubscribe = () => {};

  constructor(options: DeletionsOptions) {
    this.#options = options;
  }

  start(): void {
    const { remotes } = this.#options;
    this.#unsubscribe = remotes.onChange((change) => this.#see(change));
    for (const entry of remotes.entries()) this.#see({ id: entry.id, entry });
  }

  /** What is begun is ended at the next start: the finalizer comes off last. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort();
    await Promise.all(this.#working.values());
  }

  #see({ entry, gone }: RemoteChange): void {
    // The server that serves it lets it go.
    const held = entry?.deleting && !entry.elsewhere && entry.finalizers.includes(repositoryFinalizer);
    const which = held ? entry : gone;
    if (!which || this.#working.has(which.uid) || this.#stop.signal.aborted) return;
    const work = this.#untilGone(which).finally(() => this.#working.delete(which.uid));
    this.#working.set(which.uid, work);
  }

  async #untilGone(entry: RemoteEntry): Promise<void> {
    const { clock, log } = this.#options;
    const putAway = this.#putAway(entry);
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      try {
        await putAway();
        // An API server that does not answer holds up no end of the server.
        const { signal } = this.#stop;
        return await untilAborted(this.#options.finalizers.release(entry, signal), signal);
      } catch (thrown) {
        if (this.#stop.signal.aborted) return;
        const { reason, message } = asGitkubeError(thrown);
        const ms = backOffMs(backOff, attempt, Math.random());
        log.warn({ remote: entry.id, reason, why: message, retryInMs: ms }, 'a deleted Remote could not be let go');
        await clock.delay(ms, this.#stop.signal).catch(() => {});
      }
    }
  }

  /** @returns what is called until it succeeds, and does nothing then */
  #putAway(entry: RemoteEntry): () => Promise<void> {
    const { keeper, clock } = this.#options;
    const { signal } = this.#stop;
    const waits = entry.deleting;
    let done = false;
    return async () => {
      if (done) return;
      // Archiving waits for a push, which a server that stops ends later than this.
      const place = await untilAborted(keeper.archive(entry), signal);
      if (place === undefined && waits) await clock.delay(elsewhereMs, signal);
      done = true;
    };
  }
}
