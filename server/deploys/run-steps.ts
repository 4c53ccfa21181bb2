import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { retold } from '../tasks/task-failure.ts';
import type { Journal } from './journal.ts';
import type { Phases } from './phases.ts';
import { rollBack, rolledBack } from './roll-back.ts';
import { type ChangingStep, Ended, type Step, Undecided, type UndoableStep, type UndoContext } from './step.ts';

/** What is known when all of some steps have run. */
export type FactsOf<T> = T extends Steps<infer _, infer Facts, infer __> ? Facts : never;

/** What every run of steps has. */
export interface RunFacts {
  readonly phases: Phases;
  readonly signal: AbortSignal;
}

/** What a run of steps that change something has besides. */
export interface ChangeFacts extends RunFacts {
  readonly journal: Pick<Journal, 'entry' | 'keep' | 'clear'>;
  readonly output: { readonly say: (line: string) => void };
  readonly remote: { readonly rolloutTimeoutSeconds: number };
}

// biome-ignore lint/suspicious/noExplicitAny: `add` has checked that each step fits those before it
type AnyStep = Step<any, object, any> | ChangingStep<any, object, any, any>;

/** What an undo needs. */
type ExecuteContext = UndoContext & { readonly log: Logger };

/** Steps in their order; each one gets what those before it found. */
export class Steps<Start extends RunFacts, Facts extends Start, Context = unknown> {
  readonly list: readonly AnyStep[];
  /** Of runs before this one. */
  readonly #earlier: readonly AnyStep[];

  private constructor(list: readonly AnyStep[], earlier: readonly AnyStep[]) {
    this.list = list;
    this.#earlier = earlier;
  }

  static from<Start extends RunFacts>(): Steps<Start, Start> {
    return new Steps<Start, Start>([], []);
  }

  /** Steps that are run later than these, and know what these have found. */
  next(): Steps<Facts, Facts> {
    return new Steps<Facts, Facts>([], [...this.#earlier, ...this.list]);
  }

  add<Adds extends object, Needs>(step: Step<Facts, Adds, Needs>): Steps<Start, Facts & Adds, Context & Needs>;
  add<Adds extends object, Entry, Needs>(
    step: ChangingStep<Facts, Adds, Entry, Needs>,
  ): Steps<Start, Facts & Adds, Context & Needs>;
  add(step: AnyStep): unknown {
    return new Steps([...this.list, step], this.#earlier);
  }

  get names(): readonly string[] {
    return this.list.map(({ name }) => name);
  }

  /** Those that the journal may name, with those of earlier runs. */
  get undoable(): readonly UndoableStep[] {
    return [...this.#earlier, ...this.list].flatMap((step) => (step.undo ? [step] : []));
  }

  /** Runs steps that change nothing: when one throws, nothing is to be undone. */
  async check(start: Start, context: Context): Promise<Facts | Ended> {
    return this.#run(start, context, () => Promise.reject(new Error('a step that changes something is not a check')));
  }

  /**
   * Runs steps that change something. When one throws, what they and earlier runs of this deploy have changed is
   * restored, as the journal says.
   */
  async execute(start: Start & ChangeFacts, context: Context & ExecuteContext): Promise<Facts> {
    const { journal } = start;
    const progress = { committed: false };
    try {
      const facts = await this.#run(start, context, (step, entry) => journal.keep(step, entry), progress);
      if (facts instanceof Ended) throw new Error('a deploy that has changed something cannot just end');
      return facts;
    } catch (thrown) {
      if (thrown instanceof Undecided) throw thrown.cause;
      if (progress.committed) throw thrown;
      throw await undoAfter(this.undoable, asGitkubeError(thrown), start, context);
    }
  }

  async #run(
    start: Start,
    context: Context,
    keep: (step: string, entry: unknown) => Promise<void>,
    progress = { committed: false },
  ): Promise<Facts | Ended> {
    let facts: object = start;
    for (const step of this.list) {
      if (!step.always) start.signal.throwIfAborted();
      if (step.phase) start.phases.begin(step.phase);
      const added = await step.run(facts, context, (entry: unknown) => keep(step.name, entry));
      if (added instanceof Ended) return added;
      if (step.commits) progress.committed = true;
      facts = { ...facts, ...added };
    }
    return facts as Facts;
  }
}

/** @returns the failure, with what came of the rollback */
async function undoAfter(
  known: readonly UndoableStep[],
  failure: GitkubeError,
  { journal, output, remote }: ChangeFacts,
  context: ExecuteContext,
) {
  const left: string[] = [];
  const remains = (what: string) => void left.push(what);
  const options = { say: output.say, remains, timeoutSeconds: remote.rolloutTimeoutSeconds };
  const problem = await rollBack(known, context, journal.entry, options).then(() => undefined, asGitkubeError);
  // What could not be restored now is tried again before the next deploy, and at the next start.
  if (problem) return rolledBack(failure, problem);
  await journal.clear().catch((err) => {
    output.say('the journal of this rollout could not be deleted: the next push undoes it once more');
    context.log.error({ err }, 'a journal is not cleared, and undone once more');
  });
  return left.length === 0 ? failure : retold(failure, [failure.message, ...left].join('; '));
}
