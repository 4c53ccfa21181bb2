import { fixIt } from '../../base/again.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { asGitkubeError, type ErrorDetails, GitkubeError, type Reason } from '../../base/errors.ts';
import { lineOfError, linesThatMatter } from '../../base/log-lines.ts';
import { askToTurnOn } from '../../base/server-hints.ts';
import { duration, plain } from '../../base/text.ts';
import type { TaskOutcome } from '../../deployer/index.ts';
import type { JobRef } from '../../kube/index.ts';
import type { Task } from '../../remote-crd/index.ts';

/** What a failure of a stage leaves behind. */
const after = {
  Test: 'nothing was changed',
  Migrate: 'no workload was changed',
  Verify: 'the release is refused',
} as const;

/** Its command has ended, or its time has. */
export class TaskFailure extends GitkubeError {
  /** Undefined: nobody knows it. */
  readonly exitCode: number | undefined;
  /** A run of its command was ended by something else. */
  readonly isHalfway: boolean;

  constructor(
    reason: 'TaskFailed' | 'TaskTimeout',
    message: string,
    { exitCode, isKilled = false }: Pick<TaskOutcome, 'exitCode' | 'isKilled'>,
    more: ErrorDetails,
  ) {
    super(reason, message, more);
    this.exitCode = exitCode;
    this.isHalfway = isKilled;
  }
}

/** The same failure, with more to say. */
export function retold(failure: GitkubeError, message: string): GitkubeError {
  const { reason, hint, evidence, said, cause } = failure;
  const more = { hint, evidence, said, cause };
  if (failure instanceof TaskCutOff) return new TaskCutOff(reason, message, more);
  if (!(failure instanceof TaskFailure)) return new GitkubeError(reason, message, more);
  const { exitCode, isHalfway: isKilled } = failure;
  return new TaskFailure(failure.reason as 'TaskFailed', message, { exitCode, isKilled }, more);
}

/**
 * Why a deploy fails with a task that has run.
 * @param alone it was all that was to be done
 */
export function taskFailed(
  task: Task,
  ref: JobRef,
  outcome: TaskOutcome,
  { ms, alone = false }: { readonly ms: number; readonly alone?: boolean | undefined },
): TaskFailure {
  const { name, stage, timeoutSeconds, undo } = task;
  const left = alone ? '' : `; ${after[stage]}`;
  const evidence = [
    ...(outcome.lines.length > 0 ? [`the last lines of task ${name}:`] : [`task ${name} has printed nothing`]),
    ...linesThatMatter(outcome.lines).map((line) => `  ${plain(line, 500)}`),
  ];
  const log = `its Job is kept for a ${undo ? 'week' : 'day'}: kubectl -n ${ref.namespace} logs job/${ref.name}`;
  if (outcome.kind === 'timed out') {
    const why = outcome.why === '' ? '' : ` (${outcome.why})`;
    const message = `task ${name} did not end within ${timeoutSeconds} s${why}${left}`;
    const hint = `make it faster, or set a larger timeoutSeconds of task ${name}: ${editRemote}`;
    return new TaskFailure('TaskTimeout', message, outcome, { hint, evidence });
  }
  const message = `task ${name} ${endInWords(outcome)} after ${duration(ms)}${left}`;
  const hint = [...(alone ? [] : [fixIt]), ...(outcome.isOpen ? [] : [log])];
  // What follows the first failing test may come of it; another program ends with what ends it.
  const said = lineOfError(outcome.lines, stage === 'Test' ? 'first' : 'last');
  return new TaskFailure('TaskFailed', message, outcome, { hint, evidence, said });
}

/** `failed with exit code 1`, for sentences. */
export function endInWords({ exitCode, why }: Pick<TaskOutcome, 'exitCode' | 'why'>): string {
  const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`;
  return `failed${code}${why === '' ? '' : ` (${why})`}`;
}

/** Its command has begun, and nobody knows its end, or has waited for it. */
export class TaskCutOff extends GitkubeError {}

/** What a failure has become, where it could not be settled: a task that has begun has an end that nobody knows. */
export function unsettled(failure: GitkubeError, reason: Reason, message: string, more: ErrorDetails): GitkubeError {
  const hasBegun = failure instanceof TaskFailure || failure instanceof TaskCutOff;
  return hasBegun ? new TaskCutOff(reason, message, more) : new GitkubeError(reason, message, more);
}

class TaskUnstarted extends GitkubeError {}

/** @param thrown by a task whose Job was created */
export function asCutOff(thrown: unknown): GitkubeError {
  const error = asGitkubeError(thrown);
  if (error instanceof TaskFailure || error instanceof TaskUnstarted) return error;
  return new TaskCutOff(error.reason, error.message, error);
}

/** Its command may have begun. */
export function jobDeleted(task: Task, { message, hint }: GitkubeError): TaskFailure {
  return new TaskFailure('TaskFailed', `task ${task.name}: ${message}`, {}, { hint });
}

/** Of what could not begin, and did while it was deleted for that. */
export function begunTooLate({ name }: Task, { reason, message, hint, evidence }: GitkubeError): TaskFailure {
  const of = reason === 'TaskTimeout' ? reason : 'TaskFailed';
  const what = `task ${name} was ended while it began: ${message}`;
  return new TaskFailure(of, what, { isKilled: true }, { hint, evidence });
}

/** What keeps a task from running, under its name. */
export function notStarted({ name, build }: Task, thrown: unknown): GitkubeError {
  const { reason, message, hint, evidence, cause } = asGitkubeError(thrown);
  const hints = build ? withoutTemplate(name, hint) : hint;
  return new TaskUnstarted(reason, `task ${name}: ${message}`, { hint: hints, evidence, cause });
}

/** A test with an image of its own has no workload to edit. */
function withoutTemplate(name: string, hints: readonly string[]): string[] {
  const own = hints.filter((hint) => !/\bpod template\b/.test(hint));
  return own.length === hints.length ? own : [...own, `correct task ${name}: ${editRemote}`];
}

export function tasksOff(): GitkubeError {
  return new GitkubeError('TasksOff', 'the Remote has tasks, and they are off on this server', {
    hint: askToTurnOn('tasks'),
  });
}
