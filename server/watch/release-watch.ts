import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Deployer, WatchedWorkload } from '../../deployer/index.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { WatchFinding } from './finding.ts';

export interface ReleaseWatchParts {
  readonly release: number;
  /** The one to return to. */
  readonly previous: number;
  readonly workloads: readonly WatchedWorkload[];
  readonly ms: number;
  readonly deployer: Pick<Deployer, 'watch'>;
  /** Runs the release before again; undefined: nobody wants that any more. */
  readonly goBack: (error: GitkubeError) => Promise<DeployOutcome | undefined>;
  readonly report: (finding: WatchFinding) => void;
  readonly log: Logger;
}

/** These say that something else is deployed, or is wanted: the release is not what is to run any more. */
const overtaken: ReadonlySet<string> = new Set(['RefMoved', 'Cancelled', 'RemoteUnknown']);

/** One release that is watched. */
export class ReleaseWatch {
  readonly release: number;
  /** Resolves when it is over, with a return; never rejects. */
  readonly done: Promise<void>;
  readonly #parts: ReleaseWatchParts;
  readonly #stop = new AbortController();
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

  /** @returns false: it is over, or a return is under way, which is a deploy of its own */
  cancel(reason: GitkubeError): boolean {
    if (this.#isReturning || this.#stop.signal.aborted) return false;
    this.#ended(reason.message);
    this.end(reason);
    return true;
  }

  async #run(): Promise<void> {
    const { workloads, ms, deployer, release, report, log } = this.#parts;
    const { signal } = this.#stop;
    try {
      const end = await deployer.watch({ workloads, ms, signal });
      if (signal.aborted) return;
      if (end.kind === 'held') return report({ kind: 'held', release });
      if (end.kind === 'other') return this.#ended('something else was deployed, or a workload was changed');
      this.#isReturning = true;
      await this.#return(end.error);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asGitkubeError(thrown);
      log.warn({ err: error, cause: error.cause, release }, 'a release could not be watched');
      this.#ended(error.message);
    }
  }

  async #return(error: GitkubeError): Promise<void> {
    const { release, previous: to, goBack, report, log } = this.#parts;
    log.warn({ err: error, release, to }, 'a release does not run on, and the one before it is to run again');
    let outcome = await goBack(error);
    // A push has its turn first, and may fail: then the release still runs, and still fails.
    while (reasonOf(outcome) === 'PushSuperseded') outcome = await goBack(error);
    // The next start finds the release as it is.
    if (reasonOf(outcome) === 'ShuttingDown') return;
    if (outcome?.kind === 'released') {
      return report({ kind: 'returned', release, to, as: outcome.release.number, error });
    }
    const failure = outcome?.kind === 'failed' ? outcome.error : undefined;
    if (!failure || overtaken.has(failure.reason)) return this.#ended(failure?.message ?? 'nobody wants a return');
    report({ kind: 'returnFailed', release, to, error, failure });
  }

  #ended(why: string): void {
    this.#parts.report({ kind: 'ended', release: this.release, why });
  }
}

function reasonOf(outcome: DeployOutcome | undefined): string | undefined {
  return outcome?.kind === 'failed' ? outcome.error.reason : undefined;
}
