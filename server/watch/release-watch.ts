import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Deployer, WatchEnd, WatchedWorkload } from '../../deployer/index.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { WatchFinding } from './finding.ts';
import type { WatchNotes } from './watch-notes.ts';

export interface ReleaseWatchParts {
  readonly release: number;
  /** The one to return to. */
  readonly previous: number;
  readonly workloads: readonly WatchedWorkload[];
  readonly ms: number;
  /** What the server before saw of it: it is returned from at once. */
  readonly failure?: GitkubeError | undefined;
  readonly notes: WatchNotes;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly deployer: Pick<Deployer, 'watch'>;
  /** Runs the release before again; undefined: nobody wants that any more. */
  readonly goBack: (error: GitkubeError) => Promise<DeployOutcome | undefined>;
  readonly report: (finding: WatchFinding) => void;
  readonly log: Logger;
}

/** These say that something else is deployed, or is wanted, or that another server decides that. */
const overtaken: ReadonlySet<string> = new Set(['RefMoved', 'Cancelled', 'RemoteUnknown', 'ServedElsewhere']);

/** One release that is watched. */
export class ReleaseWatch {
  readonly release: number;
  /** Resolves when it is over, with a return; never rejects. */
  readonly done: Promise<void>;
  readonly #parts: ReleaseWatchParts;
  readonly #stop = new AbortController();
  /** Of the look under way. */
  #look = new AbortController();
  #paused: PromiseWithResolvers<void> | undefined;
  #isReturning = false;

  constructor(parts: ReleaseWatchParts) {
    this.#parts = parts;
    this.release = parts.release;
    this.done = this.#run();
  }

  /** A return that is under way goes on. */
  end(reason: GitkubeError): void {
    this.#stop.abort(reason);
  }

  /** Something is deployed: what its pods do says nothing of this release. That time does not count. */
  pause(): void {
    this.#paused ??= Promise.withResolvers();
    this.#look.abort(new Error('something is deployed'));
  }

  /** That was not released, and what runs is this release again. */
  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** @returns false: it is over, or a return is under way, which is a deploy of its own */
  cancel(reason: GitkubeError): boolean {
    if (this.#isReturning || this.#stop.signal.aborted) return false;
    this.#ended(reason.message);
    this.end(reason);
    return true;
  }

  /** Also the next start is not to watch it. */
  noteUnwatched(): Promise<void> {
    return this.#note(this.#parts.notes.unwatched);
  }

  async #run(): Promise<void> {
    const { failure, release, report, log } = this.#parts;
    const { signal } = this.#stop;
    try {
      const end: WatchEnd = failure ? { kind: 'failed', error: failure } : await this.#watch();
      if (signal.aborted) return;
      if (end.kind === 'held') return report({ kind: 'held', release });
      if (end.kind === 'unseen') return this.#ended('the cluster did not answer when its time was over');
      if (end.kind === 'other') return this.#ended('something else was deployed, or a workload was changed');
      this.#isReturning = true;
      await this.#return(end.error);
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      // The next start goes on with it.
      if (signal.aborted || error.reason === 'ShuttingDown') return;
      log.warn({ err: error, cause: error.cause, release }, 'a release could not be watched');
      this.#ended(error.message);
    }
  }

  /** After each pause from what runs then: pods of a deploy that was rolled back are not those of the release. */
  async #watch(): Promise<WatchEnd> {
    const { workloads, ms, deployer, clock } = this.#parts;
    const { signal } = this.#stop;
    for (let left = ms; ; ) {
      if (this.#paused) await untilAborted(this.#paused.promise, signal);
      this.#look = new AbortController();
      const began = clock.monotonic();
      const both = AbortSignal.any([signal, this.#look.signal]);
      try {
        return await deployer.watch({ workloads, ms: left, signal: both });
      } catch (thrown) {
        if (signal.aborted || !this.#look.signal.aborted) throw thrown;
      }
      left = Math.max(0, left - (clock.monotonic() - began));
    }
  }

  async #return(error: GitkubeError): Promise<void> {
    const { release, previous: to, goBack, notes, report, log } = this.#parts;
    log.warn({ err: error, release, to }, 'a release does not run on, and the one before it is to run again');
    await this.#note(() => notes.failed(error));
    let outcome = await goBack(error);
    // A push has its turn first, and may fail: then the release still runs, and still fails.
    while (reasonOf(outcome) === 'PushSuperseded') outcome = await goBack(error);
    // The next start reads the note.
    if (reasonOf(outcome) === 'ShuttingDown') return;
    if (reasonOf(outcome) === 'Cancelled') await this.noteUnwatched();
    await this.#note(notes.settled);
    if (outcome?.kind === 'released') {
      return report({ kind: 'returned', release, to, as: outcome.release.number, error });
    }
    const failure = outcome?.kind === 'failed' ? outcome.error : undefined;
    if (!failure || overtaken.has(failure.reason)) return this.#overtaken(failure);
    report({ kind: 'returnFailed', release, to, error, failure });
  }

  /** By a release: what is reported by now is about that one. */
  #overtaken(by: GitkubeError | undefined): void {
    if (!this.#stop.signal.aborted) this.#ended(by?.message ?? 'nobody wants a return');
  }

  /** A full disk keeps nobody from returning. */
  async #note(write: () => Promise<void>): Promise<void> {
    const { release, log } = this.#parts;
    await write().catch((err) =>
      log.warn({ err, release }, 'the note of a release that is watched could not be written'),
    );
  }

  #ended(why: string): void {
    this.#parts.report({ kind: 'ended', release: this.release, why });
  }
}

function reasonOf(outcome: DeployOutcome | undefined): string | undefined {
  return outcome?.kind === 'failed' ? outcome.error.reason : undefined;
}
