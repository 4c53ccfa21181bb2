import type { Clock } from '../base/clock.ts';
import { asGitkubeError, catalogue, type GitkubeError, type Reason } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { plain } from '../base/text.ts';
import type { Kube, KubeEvent } from '../kube/kube.ts';

/** What happened: a reason of the catalogue, or one of the good ones. */
export interface EventFact {
  readonly reason: Reason | 'Released' | 'Built' | 'PutBack' | 'Repaired';
  readonly message: string;
}

export interface EventSubject {
  readonly namespace: string;
  readonly name: string;
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
/** Reasons of errors that nobody has to act on. */
const harmless: ReadonlySet<string> = new Set<Reason>(['DryRun', 'PushSuperseded', 'Cancelled', 'ShuttingDown']);

/** Writes Events about Remotes: what `kubectl describe remote` and `kubectl get events` show. Never throws. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, Known>();
  #last: Promise<void> = Promise.resolve();
  #serial = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  recordError(subject: EventSubject, error: GitkubeError): void {
    this.record(subject, { reason: error.reason, message: error.message });
  }

  record(subject: EventSubject, fact: EventFact): void {
    const { log } = this.#options;
    this.#last = this.#last
      .then(() => this.#write(subject, { ...fact, message: shortMessage(fact.message) }))
      .catch((thrown) => {
        const { reason, message } = asGitkubeError(thrown);
        log.warn(
          { remote: `${subject.namespace}/${subject.name}`, reason, why: message },
          'event could not be written',
        );
      });
  }

  /** Resolves when everything that was recorded is written or given up. */
  async flush(): Promise<void> {
    await this.#last;
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
      type: fact.reason in catalogue && !harmless.has(fact.reason) ? 'Warning' : 'Normal',
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

/** At most 1024 bytes, the limit of events.k8s.io. */
function shortMessage(text: string): string {
  let message = plain(text, 1000);
  while (Buffer.byteLength(message) > 1024) message = plain(message, Math.floor(message.length * 0.9));
  return message;
}
