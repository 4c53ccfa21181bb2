import type { Bus } from '../../base/bus.ts';
import { databaseAheadIn, type EventRecorder, type Remotes, type StatusWriter } from '../../remote-crd/index.ts';
import type { DeployFacts, DeployOutcome } from '../deploys/events.ts';
import type { ServerEvent } from '../server-event.ts';
import { DatabaseAhead } from './database-ahead.ts';
import type { TaskEvent, TaskOwner } from './task-events.ts';

type Changed = Extract<TaskEvent, { readonly kind: 'taskChanged' }>;
type Left = Extract<TaskEvent, { readonly kind: 'migrationLeft' }>;

/** Reports tasks in the status of their Remote and in its Events. That one has failed is an Event of its deploy. */
export class TaskReporter {
  readonly #status: Pick<StatusWriter, 'setTask' | 'setDatabaseAhead'>;
  readonly #events: Pick<EventRecorder, 'record'>;
  readonly #remotes: Pick<Remotes, 'entry' | 'onChange'>;
  /** By the id of its Remote. */
  readonly #ahead = new Map<string, { readonly uid: string; readonly left: DatabaseAhead }>();

  constructor(
    status: Pick<StatusWriter, 'setTask' | 'setDatabaseAhead'>,
    events: Pick<EventRecorder, 'record'>,
    remotes: Pick<Remotes, 'entry' | 'onChange'>,
  ) {
    this.#status = status;
    this.#events = events;
    this.#remotes = remotes;
  }

  /** Reports the events of the bus from now on. */
  subscribe(bus: Pick<Bus<ServerEvent>, 'on'>): void {
    bus.on('taskChanged', (changed) => this.#changed(changed));
    bus.on('migrationLeft', (left) => this.#migrationLeft(left));
    bus.on('deployFinished', ({ deploy, outcome }) => this.#finished(deploy, outcome));
    this.#remotes.onChange(({ id, entry }) => void (entry ?? this.#ahead.delete(id)));
  }

  #changed({ of: { remote, deploy, commit }, task }: Changed): void {
    if (this.#isThere(remote)) this.#status.setTask(remote.id, { ...task, push: deploy, commit });
    if (task.state !== 'Undone') return;
    this.#events.record(remote, { reason: 'Undone', message: `deploy ${deploy}: undo of task ${task.name} succeeded` });
  }

  #migrationLeft({ of: { remote, deploy, commit }, task, reason, message }: Left): void {
    this.#events.record(remote, { reason, message: `deploy ${deploy}: ${message}` });
    this.#change(remote, (left) => left.add({ task, reason, message, deploy, commit }));
  }

  #finished({ remote }: DeployFacts, outcome: DeployOutcome): void {
    if (outcome.kind === 'released') this.#change(remote, (left) => left.released(outcome.release.record));
  }

  #change(remote: TaskOwner['remote'], change: (left: DatabaseAhead) => void): void {
    if (!this.#isThere(remote)) return;
    const left = this.#leftOf(remote);
    const before = left.condition;
    change(left);
    const now = left.condition;
    if (now?.message !== before?.message) this.#status.setDatabaseAhead(remote.id, now ?? 'unreported');
  }

  /** What an earlier server has left is in the status alone. */
  #leftOf({ id, uid }: TaskOwner['remote']): DatabaseAhead {
    const known = this.#ahead.get(id);
    if (known?.uid === uid) return known.left;
    const left = new DatabaseAhead(databaseAheadIn(this.#remotes.entry(id)?.status));
    this.#ahead.set(id, { uid, left });
    return left;
  }

  /** Another Remote of the same name has a history of its own. */
  #isThere({ id, uid }: TaskOwner['remote']): boolean {
    return this.#remotes.entry(id)?.uid === uid;
  }
}
