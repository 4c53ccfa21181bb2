import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { rfc3339 } from '../base/rfc3339.ts';
import { plain } from '../base/text.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { WorkQueue } from '../base/work-queue.ts';
import type { Kube } from '../kube/kube.ts';
import { isOlderVersion } from '../kube/resource-version.ts';
import type { RemoteEntry } from './remote-entry.ts';
import { remoteIdOf } from './remote-id.ts';
import type { Remotes } from './remotes.ts';
import { computeStatus } from './status.ts';
import { StatusConflictBackoff, saysTheSame } from './status-conflict.ts';
import type { InSyncFact, PushingFact, RemoteUrl, StatusFacts, WatchedFact } from './status-facts.ts';
import { fitted, mergePatch, shortened } from './status-patch.ts';
import type { PushStatus, ReleaseStatus, TaskStatus, TokenStatus } from './status-schema.ts';
import { withTask } from './status-tasks.ts';
import { withUse } from './status-tokens.ts';
import { answer, isWritten, newTrack, type Track } from './status-track.ts';

export interface StatusWriterOptions {
  readonly kube: Pick<Kube, 'patchRemoteStatus'>;
  readonly remotes: Pick<Remotes, 'entry' | 'entries' | 'environments' | 'onChange'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly remoteUrl: (remote: { readonly namespace: string; readonly name: string }) => RemoteUrl;
  readonly hasDefaultRegistry: boolean;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

const backOff = { firstMs: 500, maxMs: 60_000 };
const writesAtOnce = 8;

/**
 * The only writer of the status of Remotes. Others state facts; what the status says follows from them (status.ts).
 * Facts that come while a write is under way are written together after it, and an equal status is not written.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #tracks = new Map<string, Track>();
  readonly #queue: WorkQueue;
  readonly #stop = new AbortController();
  #signal: AbortSignal = this.#stop.signal;
  #unsubscribe = () => {};
  readonly #conflict: StatusConflictBackoff;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#conflict = new StatusConflictBackoff(options);
    const { clock, random = Math.random } = options;
    this.#queue = new WorkQueue({
      work: (id) => this.#write(id),
      concurrency: writesAtOnce,
      backOff,
      onError: (id, thrown, retryInMs) => this.#tellFailure(id, thrown, retryInMs),
      clock,
      random,
    });
  }

  /** From now on every Remote has a status. Call it after `remotes.start`. */
  start(signal: AbortSignal): void {
    const { remotes } = this.#options;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#unsubscribe = remotes.onChange(({ entry, gone }) => {
      if (entry) this.#touch(remoteIdOf(entry));
      else if (gone) this.#forget(gone);
    });
    this.lookAgain();
  }

  /** Something in every status has changed: the address of the server. */
  lookAgain(): void {
    for (const entry of this.#options.remotes.entries()) this.#touch(remoteIdOf(entry));
  }

  /** A push began; undefined: none is under way. */
  setPushing(id: string, pushing: PushingFact | undefined): void {
    this.#learn(id, { pushing });
  }

  /** @param releases newest first; more than ten are not shown */
  setReleases(id: string, { branch, releases }: { branch?: string; releases: readonly ReleaseStatus[] }): void {
    this.#learn(id, { branch, releases: releases.slice(0, 10).map(shortened) });
  }

  /** A push ended. Nothing is under way any more. */
  setOutcome(id: string, push: Omit<PushStatus, 'at'>): void {
    const message = plain(push.message, 1000);
    const by = push.by === undefined ? {} : { by: plain(push.by, 200) };
    const at = rfc3339(this.#options.clock.now());
    this.#learn(id, { pushing: undefined, lastPush: { ...push, ...by, message, at } });
  }

  /** Workloads were compared with the last release. */
  setInSync(id: string, inSync: InSyncFact | 'unreported'): void {
    this.#learn(id, { inSync });
  }

  /** What has come of the watch of the last release. */
  setWatched(id: string, watched: WatchedFact | 'unreported'): void {
    this.#learn(id, { watched });
  }

  /** What is known of a task now. */
  setTask(id: string, task: TaskStatus): void {
    this.#learn(id, ({ tasks }) => ({ tasks: withTask(tasks, task) }));
  }

  /** What migrations have left behind that nobody could take back. */
  setDatabaseAhead(id: string, ahead: InSyncFact | 'unreported'): void {
    this.#learn(id, { databaseAhead: ahead });
  }

  /** A token came with a request. @param kept the ids of all tokens of the Remote: what is said of others is forgotten */
  setTokenUse(id: string, use: TokenStatus, kept: readonly string[]): void {
    this.#learn(id, ({ tokens }) => ({ tokens: withUse(tokens, use), keptTokens: kept }));
  }

  /** Resolves when all facts about a Remote are written, or the Remote is gone; false: the writer is closed before. */
  written(id: string): Promise<boolean> {
    const entry = this.#options.remotes.entry(id);
    const track = entry && this.#tracks.get(remoteIdOf(entry));
    if (!track || isWritten(track)) return Promise.resolve(true);
    if (this.#stop.signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => track.waiting.push(resolve));
  }

  /** Resolves when all facts are written, or have failed at least once. */
  flush(): Promise<void> {
    return this.#queue.idle();
  }

  /**
   * Closes it; known facts are written before.
   * @param signal gives up what is not written yet
   */
  async end(signal?: AbortSignal): Promise<void> {
    this.#unsubscribe();
    const over = signal ?? this.#stop.signal;
    await untilAborted(this.flush(), over).catch(() => this.#logUnwritten());
    this.#stop.abort();
    const ended = this.#queue.end();
    if (!signal?.aborted) await ended;
    for (const track of this.#tracks.values()) answer(track, false);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #logUnwritten(): void {
    this.#options.log.warn(
      { statuses: this.#queue.active },
      'not every status was written: the Kubernetes API was too slow for them',
    );
  }

  /** @param facts what is new, or what follows from what was known */
  #learn(id: string, facts: StatusFacts | ((known: StatusFacts) => StatusFacts)): void {
    // Facts about a Remote that is gone have no reader, and must not wait for another one of its name.
    const entry = this.#options.remotes.entry(id);
    if (!entry) return;
    const own = this.#track(remoteIdOf(entry)).facts;
    const known = own.get(entry.environment) ?? {};
    own.set(entry.environment, { ...known, ...(typeof facts === 'function' ? facts(known) : facts) });
    this.#touch(remoteIdOf(entry));
  }

  #forget(gone: RemoteEntry): void {
    const id = remoteIdOf(gone);
    if (gone.environment !== '') {
      this.#tracks.get(id)?.facts.delete(gone.environment);
      return;
    }
    answer(this.#tracks.get(id), true);
    this.#tracks.delete(id);
    this.#queue.forget(id);
  }

  #track(id: string): Track {
    const known = this.#tracks.get(id);
    if (known) return known;
    const track = newTrack();
    this.#tracks.set(id, track);
    return track;
  }

  #touch(id: string): void {
    this.#track(id).stale = true;
    if (!this.#signal.aborted) this.#queue.add(id);
  }

  /** @returns milliseconds until something is put right; undefined: all is said */
  async #write(id: string): Promise<number | undefined> {
    const track = this.#track(id);
    if (this.#signal.aborted) return undefined;
    track.writing = true;
    track.stale = false;
    try {
      const repairMs = await this.#writeOnce(id, track);
      track.failed = false;
      if (!track.stale) answer(track, true);
      return repairMs;
    } catch (thrown) {
      track.failed = true;
      throw thrown;
    } finally {
      track.writing = false;
    }
  }

  async #writeOnce(id: string, track: Track): Promise<number | undefined> {
    const { remotes, clock, remoteUrl, hasDefaultRegistry, kube } = this.#options;
    const entry = remotes.entry(id);
    // The server that serves it writes its status.
    if (!entry || entry.elsewhere) return undefined;
    const onItsWay = isOlderVersion(entry.resourceVersion, track.writtenVersion ?? '') ? track.written : undefined;
    const previous = onItsWay ?? entry.status;
    const known = (one: RemoteEntry) => ({ entry: one, facts: track.facts.get(one.environment) ?? {} });
    const environments = remotes.environments(id).map(known);
    const server = { remoteUrl: remoteUrl(entry), hasDefaultRegistry, now: clock.now() };
    const computed = fitted(computeStatus({ ...known(entry), environments, previous, ...server }));
    if (isDeepStrictEqual(computed, previous)) return undefined;
    // What somebody else wrote in between changes nothing of since when our conditions hold.
    const repair = !onItsWay && track.written && saysTheSame(computed, track.written) ? track.written : undefined;
    const repairMs = repair ? this.#conflict.wait(entry, track.repairs) : 0;
    if (repairMs > 0) return repairMs;
    const next = repair ?? computed;
    const patch = mergePatch(entry.status, track.written, next);
    track.writtenVersion = await kube.patchRemoteStatus(entry.namespace, entry.name, patch);
    track.written = next;
    return undefined;
  }

  #tellFailure(id: string, thrown: unknown, retryInMs: number): void {
    const { reason, message: why } = asGitkubeError(thrown);
    this.#options.log.warn({ remote: id, reason, why, retryInMs }, 'status could not be written');
  }
}
