import type { Clock } from '../base/clock.ts';
import { asGitkubeError, catalog, type Reason } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { plain } from '../base/text.ts';
import { untilAborted } from '../base/until-aborted.ts';
import type { Kube, KubeEvent } from '../kube/kube.ts';

/** What happened: a reason of the catalog, or one of a success. */
export interface EventFact {
  readonly reason:
    | Reason
    | 'Released'
    | 'Built'
    | 'Checked'
    | 'Unchanged'
    | 'Unlocked'
    | 'Ran'
    | 'Repaired'
    | 'Returned'
    | 'ReturnFailed'
    | 'Undone'
    | MigrationLeft;
  readonly message: string;
}

/** Why nobody has taken back what a migration has done. */
export const migrationLefts = ['NotUndone', 'UndoFailed', 'EndedByForce', 'EndedHalfway'] as const;
export type MigrationLeft = (typeof migrationLefts)[number];

export interface EventSubject {
  readonly namespace: string;
  readonly name: string;
  /** Named by the message; unset or empty: the one without a name. */
  readonly environment?: string;
  readonly uid: string;
}

export interface EventRecorderOptions {
  readonly kube: Pick<Kube, 'createEvent' | 'patchEvent'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Known {
  readonly name: string;
  count: number;
  /** On the monotonic clock. */
  lastAt: number;
}

/** Repeats within this time are counted in one event. */
const repeatMs = 600_000;
const rememberedEvents = 500;
const writesAtOnce = 4;
/** An API server that does not answer delays each write for half a minute: Events must not pile up. */
const waitingOfOne = 20;
const waitingAtMost = 1000;
/** Reasons of errors that nobody has to act on. */
const harmless: ReadonlySet<string> = new Set<Reason>(['PushSuperseded', 'Cancelled', 'ShuttingDown']);

/** Reasons of what was done all right, and that somebody should look at. */
const alarming: ReadonlySet<string> = new Set<EventFact['reason']>([
  'Returned',
  'ReturnFailed',
  'NotUndone',
  'UndoFailed',
  'EndedByForce',
  'EndedHalfway',
]);

/** The Events of one object that wait for the one that is being written. */
interface Line {
  readonly subject: EventSubject;
  readonly waiting: EventFact[];
}

/**
 * Writes Events about Remotes: what `kubectl describe remote` and `kubectl get events` show. Never throws. Those of one
 * Remote are written in their order, those of several side by side.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, Known>();
  /** By uid; those that are not being written, in the order they came. */
  readonly #lines = new Map<string, Line>();
  readonly #writing = new Map<string, Promise<void>>();
  #waiting = 0;
  #dropped = 0;
  #serial = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(subject: EventSubject, fact: EventFact): void {
    const line = this.#lines.get(subject.uid) ?? { subject, waiting: [] };
    if (line.waiting.length >= waitingOfOne || this.#waiting >= waitingAtMost) {
      this.#dropped++;
      return;
    }
    this.#lines.set(subject.uid, line);
    const of = subject.environment ? `${subject.environment}: ` : '';
    line.waiting.push({ ...fact, message: shortMessage(`${of}${fact.message}`) });
    this.#waiting++;
    this.#next();
  }

  /**
   * Resolves when everything that was recorded is written or given up.
   * @param signal gives up what is not written yet
   */
  async flush(signal?: AbortSignal): Promise<void> {
    const written = async () => {
      while (this.#writing.size > 0) await Promise.all(this.#writing.values());
    };
    await (signal ? untilAborted(written(), signal).catch(() => this.#giveUp()) : written());
    this.#logDropped();
  }

  #giveUp(): void {
    this.#dropped += this.#waiting + this.#writing.size;
    this.#lines.clear();
    this.#waiting = 0;
  }

  #next(): void {
    for (const [uid, line] of this.#lines) {
      if (this.#writing.size >= writesAtOnce) return;
      if (this.#writing.has(uid)) continue;
      const fact = line.waiting.shift();
      if (line.waiting.length === 0) this.#lines.delete(uid);
      if (!fact) continue;
      this.#waiting--;
      const writing = this.#writeQuietly(line.subject, fact).finally(() => {
        this.#writing.delete(uid);
        this.#next();
      });
      this.#writing.set(uid, writing);
    }
  }

  async #writeQuietly(subject: EventSubject, fact: EventFact): Promise<void> {
    try {
      await this.#write(subject, fact);
      this.#logDropped();
    } catch (thrown) {
      const { reason, message } = asGitkubeError(thrown);
      const remote = `${subject.namespace}/${subject.name}`;
      this.#options.log.warn({ remote, reason, why: message }, 'event could not be written');
    }
  }

  #logDropped(): void {
    if (this.#dropped === 0) return;
    this.#options.log.warn({ events: this.#dropped }, 'events were dropped: the Kubernetes API was too slow for them');
    this.#dropped = 0;
  }

  async #write(subject: EventSubject, fact: EventFact): Promise<void> {
    const { kube, clock } = this.#options;
    const now = clock.now();
    const key = JSON.stringify([subject.uid, fact.reason, fact.message]);
    const known = this.#known.get(key);
    if (known && clock.monotonic() - known.lastAt < repeatMs) {
      const change = { count: known.count + 1, lastTimestamp: new Date(now) };
      if (await kube.patchEvent(subject.namespace, known.name, change)) {
        known.count++;
        known.lastAt = clock.monotonic();
        return;
      }
    }
    const event = this.#newEvent(subject, fact, now);
    await kube.createEvent(subject.namespace, event);
    this.#remember(key, { name: event.metadata.name ?? '', count: 1, lastAt: clock.monotonic() });
  }

  #newEvent(subject: EventSubject, fact: EventFact, now: number): KubeEvent {
    // Names of objects may have 253 characters, the suffix needs some of them.
    const name = `${subject.name.slice(0, 220)}.${now.toString(16)}${(this.#serial++ % 4096).toString(16)}`;
    const time = new Date(now);
    return {
      metadata: { name, namespace: subject.namespace },
      involvedObject: {
        apiVersion: 'gitkube.sh/v1alpha1',
        kind: 'Remote',
        namespace: subject.namespace,
        name: subject.name,
        uid: subject.uid,
      },
      type: isWarning(fact.reason) ? 'Warning' : 'Normal',
      reason: fact.reason,
      message: fact.message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component: 'gitkube' },
      reportingComponent: 'gitkube',
    };
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > rememberedEvents && oldest !== undefined) this.#known.delete(oldest);
  }
}

function isWarning(reason: EventFact['reason']): boolean {
  return alarming.has(reason) || (reason in catalog && !harmless.has(reason));
}

/** At most 1024 bytes, the limit of events.k8s.io. */
function shortMessage(text: string): string {
  let message = plain(text, 1000);
  while (Buffer.byteLength(message) > 1024) message = plain(message, Math.floor(message.length * 0.9));
  return message;
}
