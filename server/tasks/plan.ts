import type { Remote, Task } from '../../remote-crd/index.ts';

/** A task of one deploy. */
export interface PlannedTask {
  readonly task: Task;
  /** Why it does not run; unset: it does. */
  readonly skipped?: string;
}

/** What decides which tasks run. */
export interface TaskOccasion {
  /** `push`: what is built. `again`: what runs already, with something changed. */
  readonly kind: 'push' | 'rollback' | 'again' | 'restart' | 'return';
  readonly skipDeploy: boolean;
  readonly noTests: boolean;
  /** Whether the last release has the same files for it. */
  readonly isUnchanged: (task: Task) => Promise<boolean>;
}

/** Those of a Remote that a deploy has, in their order. */
export async function planTasks({ tasks }: Pick<Remote, 'tasks'>, occasion: TaskOccasion): Promise<PlannedTask[]> {
  const own = tasks.filter((task) => isMeant(task, occasion));
  return Promise.all(own.map((task) => plan(task, occasion)));
}

function isMeant({ stage, onRollback }: Task, { kind, skipDeploy }: TaskOccasion): boolean {
  if (skipDeploy) return kind === 'push' && stage === 'Test';
  if (kind === 'push') return true;
  if (kind === 'rollback') return onRollback;
  // Of what runs already no data changes.
  return kind === 'again' && stage === 'Verify';
}

async function plan(task: Task, { kind, noTests, isUnchanged }: TaskOccasion): Promise<PlannedTask> {
  if (task.stage === 'Test' && noTests) return { task, skipped: 'push option no-tests' };
  const { onlyIfChanged: paths } = task;
  if (kind === 'push' && paths.length > 0 && (await isUnchanged(task))) {
    return { task, skipped: `${paths.join(', ')} ${asReleased}` };
  }
  return { task };
}

const asReleased = 'as in the last release';

/** Whether a task was skipped for its `onlyIfChanged`. */
export function isAsBefore(why: string | undefined): boolean {
  return why?.endsWith(` ${asReleased}`) ?? false;
}

/** What a dry run says. */
export function plannedLines(planned: readonly PlannedTask[]): string[] {
  return planned.map(({ task: { name, stage }, skipped }) =>
    skipped === undefined
      ? `task ${name}: would run (${stage})`
      : `task ${name}: would be skipped (${stage}): ${skipped}`,
  );
}
