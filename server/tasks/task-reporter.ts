import type { Bus } from '../../base/bus.ts';
import type { EventRecorder, Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { ServerEvent } from '../server-event.ts';
import type { TaskEvent } from './task-events.ts';

type Changed = Extract<TaskEvent, { readonly kind: 'taskChanged' }>;
type Left = Extract<TaskEvent, { readonly kind: 'migrationLeft' }>;

/** Reports tasks in the status of their Remote and in its Events. That one has failed is an Event of its deploy. */
export class TaskReporter {
  readonly #status: Pick<StatusWriter, 'setTask'>;
  readonly #events: Pick<EventRecorder, 'record'>;
  readonly #remotes: Pick<Remotes, 'entry'>;

  constructor(
    status: Pick<StatusWriter, 'setTask'>,
    events: Pick<EventRecorder, 'record'>,
    remotes: Pick<Remotes, 'entry'>,
  ) {
    this.#status = status;
    this.#events = events;
    this.#remotes = remotes;
  }

  /** Reports the events of the bus from now on. */
  subscribe(bus: Pick<Bus<ServerEvent>, 'on'>): void {
    bus.on('taskChanged', (changed) => this.#changed(changed));
    bus.on('migrationLeft', (left) => this.#migrationLeft(left));
  }

  #changed({ of: { remote, deploy, commit }, task }: Changed): void {
    // Another Remote of the same name has a status of its own.
    const isThere = this.#remotes.entry(remote.id)?.uid === remote.uid;
    if (isThere) this.#status.setTask(remote.id, { ...task, push: deploy, commit });
    if (task.state !== 'Undone') return;
    this.#events.record(remote, { reason: 'Undone', message: `deploy ${deploy}: undo of task ${task.name} succeeded` });
  }

  #migrationLeft({ of: { remote, deploy }, reason, message }: Left): void {
    this.#events.record(remote, { reason, message: `deploy ${deploy}: ${message}` });
  }
}
