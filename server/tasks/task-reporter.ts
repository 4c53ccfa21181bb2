import type { Bus } from '../../base/bus.ts';
import { shortId } from '../../base/text.ts';
import type { EventRecorder, Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { DeployFacts, DeployOutcome } from '../deploys/events.ts';
import type { ServerEvent } from '../server-event.ts';
import type { TaskEvent, TaskOwner } from './task-events.ts';

type Changed = Extract<TaskEvent, { readonly kind: 'taskChanged' }>;
type Left = Extract<TaskEvent, { readonly kind: 'migrationLeft' }>;

/** Reports tasks in the status of their Remote and in its Events. That one has failed is an Event of its deploy. */
export class TaskReporter {
  readonly #status: Pick<StatusWriter, 'setTask' | 'setDatabaseAhead'>;
  readonly #events: Pick<EventRecorder, 'record'>;
  readonly #remotes: Pick<Remotes, 'entry'>;
  /** What the last deploy has left, by the uid of its Remote. */
  readonly #left = new Map<string, { readonly deploy: string; readonly messages: readonly string[] }>();

  constructor(
    status: Pick<StatusWriter, 'setTask' | 'setDatabaseAhead'>,
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
    bus.on('deployFinished', ({ deploy, outcome }) => this.#finished(deploy, outcome));
  }

  #changed({ of: { remote, deploy, commit }, task }: Changed): void {
    if (this.#isThere(remote)) this.#status.setTask(remote.id, { ...task, push: deploy, commit });
    if (task.state !== 'Undone') return;
    this.#events.record(remote, { reason: 'Undone', message: `deploy ${deploy}: undo of task ${task.name} succeeded` });
  }

  #migrationLeft({ of: { remote, deploy, commit }, reason, message }: Left): void {
    const known = this.#left.get(remote.uid);
    const before = known?.deploy === deploy ? known.messages : [];
    const messages = [...before.filter((one) => one !== message), message];
    this.#left.set(remote.uid, { deploy, messages });
    this.#events.record(remote, { reason, message: `deploy ${deploy}: ${message}` });
    const all = `${messages.join('; ')} (deploy ${deploy} of ${shortId(commit)})`;
    if (this.#isThere(remote)) this.#status.setDatabaseAhead(remote.id, { status: 'True', reason, message: all });
  }

  /** A version runs whose push has run its migrations. */
  #finished({ remote }: DeployFacts, outcome: DeployOutcome): void {
    if (outcome.kind !== 'released' || outcome.release.record.how !== 'push') return;
    this.#left.delete(remote.uid);
    if (this.#isThere(remote)) this.#status.setDatabaseAhead(remote.id, 'unreported');
  }

  /** Another Remote of the same name has a history of its own. */
  #isThere({ id, uid }: TaskOwner['remote']): boolean {
    return this.#remotes.entry(id)?.uid === uid;
  }
}
