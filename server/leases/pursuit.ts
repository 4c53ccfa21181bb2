import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { backOffMs } from '../../base/retry.ts';
import type { Semaphore } from '../../base/semaphore.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Kube, Lease } from '../../kube/kube.ts';
import type { Claim } from './claim.ts';
import { durationSeconds, type Holder, heldLease, newLease } from './lease-spec.ts';

export interface PursuitOptions {
  readonly kube: Pick<Kube, 'createLease' | 'replaceLease'>;
  readonly holder: Holder;
  readonly clock: Clock;
  readonly log: Logger;
  /** A number in [0, 1). */
  readonly random?: () => number;
  /** Of writes, shared by all namespaces. */
  readonly places: Semaphore;
  /** Resolves when the Leases that are there are seen. */
  readonly synced: Promise<unknown>;
  /** Called whenever something about the claim may have changed. */
  readonly onStep: () => void;
}

const renewMs = (durationSeconds * 1000) / 3;
/** It changed under the write: the watch shows how in a moment. */
const whenChanged = { firstMs: 1000, maxMs: 60_000 };
const backOff = { firstMs: 500, maxMs: 15_000 };

/** Tries to get the Lease of one namespace, and renews it. */
export class Pursuit {
  readonly #options: PursuitOptions;
  readonly #namespace: string;
  readonly #claim: Claim;
  readonly #stop = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  #waker = new AbortController();
  #failures = 0;

  constructor(options: PursuitOptions, namespace: string, claim: Claim) {
    this.#options = options;
    this.#namespace = namespace;
    this.#claim = claim;
    this.#loop = this.#run().catch(() => {});
  }

  /** Resolves when the first try is over, however it ended. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Something was seen: the next step is due now, unless one is under way. */
  wake(): void {
    this.#waker.abort();
  }

  /** Resolves when nothing is being written any more. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, synced, onStep } = this.#options;
    const { signal } = this.#stop;
    try {
      await untilAborted(synced, signal);
      while (!signal.aborted) {
        const ms = await this.#step();
        this.#waker = new AbortController();
        this.#tried.resolve();
        onStep();
        const left = this.#claim.validUntil - clock.monotonic();
        // Its end has to be reported.
        const due = left > 0 ? Math.min(ms, left) : ms;
        await clock.delay(due, AbortSignal.any([this.#waker.signal, signal])).catch(() => {});
        onStep();
      }
    } finally {
      this.#tried.resolve();
    }
  }

  /** @returns milliseconds until the next one */
  async #step(): Promise<number> {
    const { clock, places, random = Math.random } = this.#options;
    const leave = await places.acquire(this.#stop.signal);
    try {
      const next = this.#claim.next(clock.monotonic());
      if (next.kind === 'wait') return next.ms;
      const ms = await this.#write(next.kind);
      this.#claim.failure = undefined;
      return ms * (0.8 + random() * 0.2);
    } catch (thrown) {
      return this.#failed(thrown);
    } finally {
      leave();
    }
  }

  async #write(kind: 'create' | 'hold'): Promise<number> {
    const { kube, holder, clock } = this.#options;
    const claim = this.#claim;
    const begun = clock.monotonic();
    const { lease } = claim;
    const made: Lease | 'exists' | 'changed' | 'gone' | 'no namespace' =
      kind === 'hold' && lease
        ? await kube.replaceLease(heldLease(lease, holder, durationSeconds, clock))
        : await kube.createLease(newLease(this.#namespace, holder, durationSeconds, clock));
    if (made === 'gone' && lease) claim.gone(lease);
    if (made === 'exists' || made === 'changed' || made === 'gone') return backOffMs(whenChanged, ++this.#failures, 1);
    this.#failures = 0;
    // Nobody can take it there any more, and its Remotes wait to be released.
    if (made === 'no namespace') claim.validUntil = begun + durationSeconds * 1000;
    else claim.written(made, begun);
    return renewMs;
  }

  #failed(thrown: unknown): number {
    const { log, random = Math.random } = this.#options;
    const error = asGitkubeError(thrown);
    this.#claim.failure = error;
    const retryInMs = backOffMs(backOff, ++this.#failures, random());
    const { reason, message: why, hint } = error;
    log.warn(
      { namespace: this.#namespace, reason, why, hint, retryInMs },
      'the Lease of a namespace could not be acquired',
    );
    return retryInMs;
  }
}
