import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type BackOff, backOffMs } from '../base/retry.ts';
import { NoAnswer } from './errors.ts';
import type { Collection, KubeObject, Watch, WatchHandler } from './kube.ts';
import { listAll } from './list.ts';
import { objectKey } from './objects.ts';
import type { Transport } from './transport.ts';
import { MustRelist, streamEvents, type WatchEvent } from './watch-stream.ts';

export interface WatchSettings {
  readonly timeoutSeconds: number;
  readonly idleMs: number;
  /** A full list at least this often, whatever the watch reported: level-triggered beneath the edges. */
  readonly relistMs: number;
  /** Two connects are never closer together, even when the API server closes every watch at once. */
  readonly minConnectMs: number;
  /** How long the watch may be without a connection and still be called healthy. */
  readonly graceMs: number;
}

export const defaultWatchSettings: WatchSettings = {
  timeoutSeconds: 290,
  idleMs: 150_000,
  relistMs: 600_000,
  minConnectMs: 1000,
  graceMs: 10_000,
};

// Nobody listens: asking again soon costs nothing, and a restarted API server is noticed within 2 s.
const whenSilent: BackOff = { firstMs: 250, maxMs: 2000 };
// It answers, but with errors: leave it time.
const whenRefusing: BackOff = { firstMs: 500, maxMs: 30_000 };

export interface ResilientWatchOptions<T extends KubeObject> {
  readonly transport: Transport;
  readonly collection: Collection;
  readonly handler: WatchHandler<T>;
  readonly signal: AbortSignal;
  readonly settings: WatchSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * List, then watch from there, for ever. The informer of the client library stops for good after most errors, and
 * reconnects without pause after a clean close (kubernetes-client/javascript#596, #1933); this one ends only by its
 * signal. There is one loop, so there are never two watches.
 */
export class ResilientWatch<T extends KubeObject> implements Watch<T> {
  readonly #options: ResilientWatchOptions<T>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #objects = new Map<string, T>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  #resourceVersion: string | undefined;
  #listedAt = Number.NEGATIVE_INFINITY;
  #connectedAt = Number.NEGATIVE_INFINITY;
  #lastContact = Number.NEGATIVE_INFINITY;
  #open = false;
  #connects = 0;
  #failures = 0;
  #policy: BackOff = whenSilent;

  constructor(options: ResilientWatchOptions<T>) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    // A caller that does not wait for the first list must not get an unhandled rejection.
    this.#synced.promise.catch(() => {});
    this.#loop = this.#run();
  }

  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  get restarts(): number {
    return Math.max(0, this.#connects - 1);
  }

  get healthy(): boolean {
    const { clock, settings } = this.#options;
    return this.#open || clock.monotonic() - this.#lastContact < settings.graceMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#round();
        this.#failures = 0;
      } catch (thrown) {
        if (this.#signal.aborted) break;
        await this.#afterFailure(thrown).catch(() => {});
      }
    }
    this.#open = false;
    this.#lastContact = Number.NEGATIVE_INFINITY;
    this.#synced.reject(this.#signal.reason);
  }

  /** A list if one is due, and one connection. */
  async #round(): Promise<void> {
    const { clock, settings } = this.#options;
    if (this.#resourceVersion === undefined || clock.monotonic() - this.#listedAt >= settings.relistMs)
      await this.#list();
    const pause = this.#connectedAt + settings.minConnectMs - clock.monotonic();
    if (pause > 0) await clock.delay(pause, this.#signal);
    this.#connectedAt = clock.monotonic();
    this.#connects++;
    try {
      await streamEvents({
        ...this.#options,
        ...settings,
        signal: this.#signal,
        resourceVersion: this.#resourceVersion ?? '',
        onOpen: () => this.#onOpen(),
        onEvent: (event) => this.#onEvent(event),
      });
    } finally {
      if (this.#open) this.#lastContact = clock.monotonic();
      this.#open = false;
      if (clock.monotonic() - this.#connectedAt >= settings.graceMs) this.#failures = 0;
    }
  }

  async #list(): Promise<void> {
    const { transport, collection, clock } = this.#options;
    const startedAt = clock.monotonic();
    const { items, resourceVersion } = await listAll<T>(transport, collection, this.#signal);
    const listed = new Map(items.map((object) => [objectKey(object), object]));
    for (const [key, object] of [...this.#objects]) if (!listed.has(key)) this.#remove(key, object);
    for (const [key, object] of listed) this.#upsert(key, object);
    this.#resourceVersion = resourceVersion;
    this.#listedAt = startedAt;
    this.#lastContact = clock.monotonic();
    this.#synced.resolve();
  }

  #onOpen(): void {
    this.#open = true;
    this.#lastContact = this.#options.clock.monotonic();
  }

  #onEvent({ type, object }: WatchEvent): void {
    this.#failures = 0;
    this.#resourceVersion = object.metadata?.resourceVersion;
    if (type === 'BOOKMARK') return;
    const key = objectKey(object);
    if (type === 'DELETED') this.#remove(key, object as T);
    else this.#upsert(key, object as T);
  }

  #upsert(key: string, object: T): void {
    const known = this.#objects.get(key);
    if (known?.metadata?.resourceVersion === object.metadata?.resourceVersion && known !== undefined) return;
    // Deleted and created again while nobody watched: another object of the same name.
    if (known && known.metadata?.uid !== object.metadata?.uid) this.#remove(key, known);
    this.#objects.set(key, object);
    this.#handle(() => this.#options.handler.upsert(object));
  }

  #remove(key: string, object: T): void {
    if (this.#objects.delete(key)) this.#handle(() => this.#options.handler.remove(object));
  }

  #handle(handle: () => void): void {
    try {
      handle();
    } catch (err) {
      this.#options.log.error({ err, path: this.#options.collection.path }, 'a handler of a watch failed');
    }
  }

  async #afterFailure(thrown: unknown): Promise<void> {
    const { log, clock, collection, random } = this.#options;
    if (thrown instanceof MustRelist) {
      log.info({ path: collection.path, why: thrown.message }, 'watch starts again from a list');
      this.#resourceVersion = undefined;
      this.#failures++;
      // The first time at once: an expired version is ordinary. Repeated ones are not.
      if (this.#failures > 1) await clock.delay(backOffMs(whenRefusing, this.#failures - 1, random()), this.#signal);
      return;
    }
    const error = asGitkubeError(thrown);
    if (error.reason === 'ClusterForbidden') this.#handle(() => this.#options.handler.refused?.(error));
    const policy = error instanceof NoAnswer ? whenSilent : whenRefusing;
    // An API server that was gone for long and now says that it is not ready yet, will be in a moment.
    if (policy !== this.#policy) this.#failures = 0;
    this.#policy = policy;
    const ms = backOffMs(policy, ++this.#failures, random());
    const { reason, message: why, hint } = error;
    const advice = hint.length === 0 ? {} : { hint };
    log.warn({ path: collection.path, reason, why, ...advice, retryInMs: ms }, 'watch broke off');
    await clock.delay(ms, this.#signal);
  }
}
