import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { TaskNotStarted } from '../../deployer/index.ts';
import type { Task } from '../../remote-crd/index.ts';

/** Nobody knows how a migration has ended, or will: its Job says so once somebody can read it. */
export class EndUnknown extends Error {
  override readonly cause: GitkubeError;

  constructor(cause: GitkubeError) {
    super(cause.message, { cause });
    this.cause = cause;
  }
}

/** An answer that is lost may be that of a Job which runs. */
export function notCreated(task: Pick<Task, 'name' | 'stage'>) {
  return (thrown: unknown): never => {
    const error = asGitkubeError(thrown);
    const mayRun = task.stage === 'Migrate' && error.kind === 'transient';
    throw mayRun ? new EndUnknown(ofTask(task, error)) : new TaskNotStarted(error);
  };
}

/** Another try would not help. */
export function unlessForbidden(forbidden: (thrown: unknown) => void) {
  return (thrown: unknown): void => {
    if (asGitkubeError(thrown).reason !== 'ClusterForbidden') throw thrown;
    forbidden(thrown);
  };
}

export function notUndone(): GitkubeError {
  return new GitkubeError('RestoreUnfinished', 'the server stopped before the migrations were undone', {
    hint: 'the next server undoes them',
  });
}

/** It is waited for later. */
export function mayRunOn(task: Pick<Task, 'name'>) {
  return (thrown: unknown): never => {
    throw new EndUnknown(ofTask(task, thrown));
  };
}

/** An error of a task, under its name. */
export function ofTask({ name }: Pick<Task, 'name'>, thrown: unknown): GitkubeError {
  const error = asGitkubeError(thrown);
  return new GitkubeError(error.reason, `task ${name}: ${error.message}`, error);
}

/** Of a migration that goes on without its server. */
export function unfinished(name: string): GitkubeError {
  return new GitkubeError('RestoreUnfinished', `task ${name} still runs`, {
    hint: 'the server waits for its end when it starts again, and before the next push',
  });
}
