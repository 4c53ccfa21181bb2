import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { unsettled } from '../tasks/task-failure.ts';
import { type JournalEntry, unreadable } from './journal.ts';
import type { UndoableStep, UndoContext, UndoOptions } from './step.ts';

export type RollBackOptions = Omit<UndoOptions, 'mark' | 'stillRuns' | 'leaves'>;

/**
 * Restores everything that a deploy has changed, as its journal says, the last change first but for what the others need
 * (`undoneFirst`), and waits until what ran before runs again: after a failed step, a cancel or a crash. What one step cannot restore keeps no other one from it.
 * To do it twice does no harm.
 * @throws JournalUnreadable, before anything is restored; RollbackFailed, also where pods of the new version still run and that
 * keeps a step from being undone; RestoreUnfinished when the server stops: the journal has to stay
 */
export async function rollBack(
  known: readonly UndoableStep[],
  context: UndoContext,
  { steps, mark }: Pick<JournalEntry, 'steps' | 'mark'>,
  options: RollBackOptions,
): Promise<void> {
  const undos = undosOf(known, inUndoOrder(known, steps));
  const problems: GitkubeError[] = [];
  const newOnes = new Set<string>();
  const stillRuns = (workload: string) => void newOnes.add(workload);
  for (const { undo, undoneIfAll } of undos) {
    // The new version may still run: it keeps the schema that it knows, until it is rolled back.
    if (undoneIfAll && newOnes.size > 0 && !options.isLastTry) problems.push(newVersionRuns([...newOnes]));
    if (undoneIfAll && problems.length > 0) continue;
    const leaves = newOnes.size > 0;
    await undo(context, { ...options, mark, stillRuns, leaves }).catch((thrown) =>
      problems.push(asGitkubeError(thrown)),
    );
  }
  const [first, ...others] = problems.filter(({ reason }) => reason !== 'RestoreUnfinished');
  if (first && others.length > 0) {
    const message = [first, ...others].map((one) => one.message).join('; ');
    const hint = [first, ...others].flatMap((one) => one.hint);
    throw new GitkubeError(first.reason, message, { hint, evidence: first.evidence, cause: first.cause });
  }
  const [unfinished] = problems;
  if (first ?? unfinished) throw first ?? unfinished;
}

/** @param names of pods, or of their workloads */
export function newVersionRuns(names: readonly string[]): GitkubeError {
  const message = `${names.join(', ')}: pods of the new version still run, so no migration is undone`;
  return new GitkubeError('RollbackFailed', message, { hint: 'check why the previous version does not run' });
}

function inUndoOrder(known: readonly UndoableStep[], steps: JournalEntry['steps']): JournalEntry['steps'] {
  const isFirst = ({ step }: JournalEntry['steps'][number]) =>
    known.some((one) => one.name === step && one.undoneFirst);
  const last = steps.toReversed();
  return [...last.filter(isFirst), ...last.filter((one) => !isFirst(one))];
}

/** What undoes each entry. @throws JournalUnreadable: nobody may guess what an entry says */
export function undosOf(known: readonly UndoableStep[], steps: JournalEntry['steps']) {
  return steps.map(({ step, data }) => undoOf(known, step, data));
}

/** @throws JournalUnreadable: of a step that only a newer version knows */
function undoOf(known: readonly UndoableStep[], name: string, data: unknown) {
  const step = known.find((one) => one.name === name);
  if (!step) throw unreadable(new Error(`there is no step ${name}`));
  const { data: entry, error } = step.entry.safeParse(data);
  if (error) throw unreadable(error);
  const undo = (context: UndoContext, options: UndoOptions) => step.undo(entry, context, options);
  return { undo, undoneIfAll: step.undoneIfAll };
}

const triedAgain = 'the rest is restored before the next push, and when the server starts';

/** A failure after which not everything is what it was before. */
export function rolledBack(failure: GitkubeError, problem: GitkubeError): GitkubeError {
  const isUnfinished = problem.reason === 'RestoreUnfinished';
  const messages = new Set([failure.message, problem.message]);
  return unsettled(failure, isUnfinished ? problem.reason : 'RollbackFailed', [...messages].join('; '), {
    hint: isUnfinished ? problem.hint : [...problem.hint, triedAgain],
    evidence: [...failure.evidence, ...(isUnfinished ? [] : failure.hint)],
    cause: problem.cause,
  });
}
