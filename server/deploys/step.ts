import type { z } from 'zod';
import type { ReleaseMark, Say } from '../../deployer/index.ts';
import type { UndoParts } from '../tasks/undo-migrations.ts';
import type { DeployContext } from './context.ts';
import type { DeployOutcome } from './events.ts';
import type { Phase } from './phases.ts';

/**
 * One step of a deploy. What it finds out is there for the steps after it; what it needs of the steps before it, the
 * compiler checks where the steps are listed.
 */
export interface Step<Needs, Adds, Context = DeployContext> {
  readonly name: string;
  /** Begins with this step; unset: the one before goes on. */
  readonly phase?: Phase;
  /** True: it finishes what is true already, also when the deploy is cancelled. */
  readonly always?: true;
  /** True: once it has run, nothing is undone any more, whatever fails after it. */
  readonly commits?: true;
  /** @returns what it adds; an `Ended` is the end of the deploy, without an error */
  readonly run: (facts: Needs, context: Context) => Promise<Adds | Ended>;
  readonly undo?: undefined;
}

/** A step that changes something in the cluster, and can restore it, also after a crash. */
export interface ChangingStep<Needs, Adds, Entry, Context = DeployContext> {
  readonly name: string;
  readonly phase?: Phase;
  readonly always?: undefined;
  readonly commits?: undefined;
  /** Its undo comes before those of all other steps, which need what it restores; unset: the last change is undone first. */
  readonly undoneFirst?: true;
  /**
   * Its undo waits until all others are undone, and until no pod runs the new version: what could not be restored must not meet what
   * this one restores.
   */
  readonly undoneIfAll?: true;
  /** What of it stands in the journal. */
  readonly entry: z.ZodType<Entry>;
  /** @param keep writes the journal; resolves when it is on disk. Called before anything is changed, again when more will be */
  readonly run: (facts: Needs, context: Context, keep: (entry: Entry) => Promise<void>) => Promise<Adds | Ended>;
  /**
   * Restores what was there before. To do it twice does no harm.
   * @throws RollbackFailed; RestoreUnfinished when the server stops: all is restored, and not all of it runs again
   */
  readonly undo: (entry: Entry, context: UndoContext, options: UndoOptions) => Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: each step reads back the entry that it has written
type AnyChange = ChangingStep<never, unknown, any>;

/** Any step that can restore what it changed, for those who only undo. */
export type UndoableStep = Pick<AnyChange, 'name' | 'undoneFirst' | 'undoneIfAll' | 'entry' | 'undo'>;

export type UndoContext = {
  readonly deployer: Pick<DeployContext['deployer'], 'restore' | 'waitUntilRestored'>;
  readonly applier: Pick<DeployContext['applier'], 'restore'>;
  readonly env: DeployContext['env'];
  readonly tasks: UndoParts;
};

export interface UndoOptions {
  readonly mark: ReleaseMark;
  readonly say: Say;
  /** What tasks print, which may be anything; unset: as `say`. */
  readonly print?: Say;
  /** What nobody can restore, in words: it ends the message of the failure. */
  readonly remains: (what: string) => void;
  /** For the rollouts of the versions that come back. */
  readonly timeoutSeconds: number;
  /** Ends waiting for a migration that still runs: it goes on, and the journal stays. */
  readonly signal?: AbortSignal;
  /** Called for a workload that is restored, and of which pods of the new version still run. */
  readonly stillRuns?: (workload: string) => void;
  /** Of a step that is undone only if all are: the new version still runs, so what it needs stays. */
  readonly leaves?: boolean;
  /** Nobody waits longer for the end of the new version: what it needs stays, and is said. Unset: the journal stays. */
  readonly isLastTry?: boolean;
}

/** The end of a deploy before its last step. */
export class Ended {
  readonly outcome: DeployOutcome;

  constructor(outcome: DeployOutcome) {
    this.outcome = outcome;
  }
}

/** What a step throws when nobody knows whether it has happened: nothing is undone, and the journal stays. */
export class Undecided extends Error {
  constructor(cause: unknown) {
    super('a step of a deploy could not be decided', { cause });
  }
}
