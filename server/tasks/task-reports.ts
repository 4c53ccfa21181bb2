import type { Emitter } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import { idOfEnvironment, type MigrationLeft, type Task } from '../../remote-crd/index.ts';
import { keyOfRemote } from '../deploys/environment.ts';
import type { Repositories } from '../git/repositories.ts';
import { keepLeft } from './database-ahead.ts';
import type { TaskEvent, TaskOwner } from './task-events.ts';
import type { BegunMigration } from './undo-migrations.ts';

type Named = Pick<Task, 'name' | 'stage'>;

/** How a task has ended, and what others read of it. */
export interface TaskEndReport {
  readonly state: 'Succeeded' | 'Failed' | 'TimedOut';
  readonly exitCode?: number | undefined;
  readonly message?: string | undefined;
  /** Somebody has ended it. */
  readonly isCancelled?: boolean;
}

export interface TaskReportsParts {
  readonly events: Emitter<TaskEvent>;
  readonly clock: Clock;
  readonly repositories: Pick<Repositories, 'findOf'>;
}

/** What others read of the tasks of deploys, on the bus. */
export class TaskReports {
  readonly #events: Emitter<TaskEvent>;
  readonly #clock: Clock;
  readonly #repositories: Pick<Repositories, 'findOf'>;
  /** What was said of the last undo, by `keyOf` the environment: a try that is repeated says it again. */
  readonly #undone = new Map<string, { readonly deploy: string; readonly said: Set<string> }>();

  constructor({ events, clock, repositories }: TaskReportsParts) {
    this.#events = events;
    this.#clock = clock;
    this.#repositories = repositories;
  }

  /** @returns what reports its end */
  begin(of: TaskOwner, { name, stage }: Named): (end: TaskEndReport) => void {
    const startedAt = rfc3339(this.#clock.now());
    const since = this.#clock.monotonic();
    const task = { name, stage, startedAt };
    this.#events.emit({ kind: 'taskChanged', of, task: { ...task, state: 'Running' } });
    return (end) => {
      const seconds = Math.round((this.#clock.monotonic() - since) / 10) / 100;
      this.#events.emit({
        kind: 'taskChanged',
        of,
        task: { ...task, ...known(end), seconds },
        ...(end.isCancelled && { isCancelled: true }),
      });
    };
  }

  skipped(of: TaskOwner, { name, stage }: Named, message: string): void {
    this.#events.emit({ kind: 'taskChanged', of, task: { name, stage, state: 'Skipped', message } });
  }

  /** What became of a migration after its deploy had failed. */
  undone(
    { name, of }: BegunMigration,
    state: TaskEndReport['state'] | 'Undone' | 'UndoFailed',
    message?: string,
  ): void {
    if (!of || this.#isKnown(of, `${name} ${state}`)) return;
    const task = { name, stage: 'Migrate', state, ...(message !== undefined && { message }) } as const;
    this.#events.emit({ kind: 'taskChanged', of: ownerIn(of), task });
  }

  /** What nobody has taken back is beside the repository when it resolves. */
  async left({ name: task, of }: BegunMigration, reason: MigrationLeft, message: string): Promise<void> {
    if (!of) return;
    const { deploy, commit } = of;
    const repository = await this.#repositories.findOf(of);
    if (repository) await keepLeft(repository, { task, reason, message, deploy, commit });
    if (this.#isKnown(of, `${task} ${reason}: left`)) return;
    this.#events.emit({ kind: 'migrationLeft', of: ownerIn(of), task, reason, message });
  }

  #isKnown({ deploy, ...of }: NonNullable<BegunMigration['of']>, what: string): boolean {
    const key = keyOfRemote(of);
    const before = this.#undone.get(key);
    const known = before?.deploy === deploy ? before : { deploy, said: new Set<string>() };
    this.#undone.set(key, known);
    if (known.said.has(what)) return true;
    known.said.add(what);
    return false;
  }
}

function ownerIn({ deploy, commit, ...named }: NonNullable<BegunMigration['of']>): TaskOwner {
  const remote = { ...named, environment: named.environment ?? '' };
  return { remote: { ...remote, id: idOfEnvironment(remote) }, deploy, commit };
}

function known({ state, exitCode, message }: TaskEndReport): Omit<TaskEndReport, 'isCancelled'> {
  return { state, ...(exitCode !== undefined && { exitCode }), ...(message !== undefined && { message }) };
}
