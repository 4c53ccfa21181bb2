import type { Clock } from '../../base/clock.ts';
import type { Reason } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { EventRecorder, Remote } from '../../remote-crd/index.ts';
import { EventBudget } from './event-budget.ts';
import { KeptRefusals, type Refusal } from './kept-refusals.ts';
import type { Act } from './may.ts';
import { type Principal, principalIn } from './principal.ts';

export interface Refused extends Act {
  /** Where there is none that this server knows: its name, as it was asked for. */
  readonly remote: Pick<Remote, 'id' | 'namespace' | 'name' | 'uid' | 'keys'> | string;
  readonly reason: Reason;
  readonly message: string;
  /** Anybody may knock at any Remote: what their keys are not let do is in the log, and hardly anywhere else. */
  readonly isListed: boolean;
}

export interface AuditParts {
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: Logger;
}

/** What is kept of one Remote. */
interface Known {
  readonly refusals: KeptRefusals;
  readonly listed: EventBudget;
  readonly others: EventBudget;
}

const keptRemotes = 1000;
/** Different refusals of one Remote that become Events in ten minutes: of its keys, and of those that it does not list. */
const eventsOfListed = 60;
const eventsOfOthers = 5;

/**
 * Who was let do what, and who was not: one line of the log each, Events for refusals as long as they are not many, and the last
 * refusals for `ssh … deploys --refused`.
 */
export class Audit {
  readonly #parts: AuditParts;
  /** By the uid of the Remote, the one that was refused last at the end. */
  readonly #known = new Map<string, Known>();

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  allowed({ remote, principal, verb, branches, refs }: Act & { readonly remote: Pick<Remote, 'id' | 'keys'> }): void {
    const who = whoOf(principalIn(remote, principal));
    this.#parts.log.info({ audit: 'allowed', remote: remote.id, verb, branches, refs, ...who }, 'access allowed');
  }

  refused({ remote, principal, verb, branches, reason, message, isListed }: Refused): void {
    const { log, events } = this.#parts;
    const isKnown = typeof remote !== 'string';
    const by = isKnown ? principalIn(remote, principal) : principal;
    const facts = { audit: 'refused', remote: isKnown ? remote.id : remote, verb, branches, ...whoOf(by) };
    log.warn({ ...facts, reason, why: message }, 'access refused');
    // Who serves the Remote is no matter of a key, and may be settled in a moment.
    if (!isKnown || reason === 'ServedElsewhere') return;
    const known = this.#of(remote.uid);
    if (isListed) known.refusals.add({ by, verb, branches, reason, message });
    const { fingerprint, address = 'inside' } = by;
    const isNew = known[isListed ? 'listed' : 'others'].take([fingerprint, address, verb, branches, reason].join(' '));
    if (isNew) events.record(remote, { reason, message: `${message} (from ${address})` });
  }

  /** The newest first. */
  refusals({ uid }: Pick<Remote, 'uid'>): readonly Refusal[] {
    return this.#known.get(uid)?.refusals.all ?? [];
  }

  #of(uid: string): Known {
    const known = this.#known.get(uid) ?? this.#make();
    this.#known.delete(uid);
    this.#known.set(uid, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > keptRemotes && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  #make(): Known {
    const { clock } = this.#parts;
    return {
      refusals: new KeptRefusals(clock),
      listed: new EventBudget(eventsOfListed, clock),
      others: new EventBudget(eventsOfOthers, clock),
    };
  }
}

function whoOf({ name: by, fingerprint: key, address: from }: Principal) {
  return { by, key, from };
}
