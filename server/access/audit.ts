import type { Clock } from '../../base/clock.ts';
import type { Reason } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { EventRecorder, Remote } from '../../remote-crd/index.ts';
import type { Wish } from './may.ts';
import { type Principal, principalIn } from './principal.ts';

/** Somebody wants to do something. */
export interface Asked extends Wish {
  readonly principal: Principal;
  /** What is pushed beside a deploy. */
  readonly refs?: readonly string[] | undefined;
}

export interface Refused extends Asked {
  /** Where there is none that this server knows: its name, as it was asked for. */
  readonly remote: Pick<Remote, 'id' | 'namespace' | 'name' | 'uid' | 'keys'> | string;
  readonly reason: Reason;
  readonly message: string;
  /** Anybody may knock at any Remote: what their keys are not let do is in the log, and hardly anywhere else. */
  readonly isListed: boolean;
}

/** What is kept of a refusal, for those who may read the Remote. */
export interface Refusal {
  /** The last time; RFC 3339. */
  readonly at: string;
  readonly times: number;
  readonly by: { readonly name: string; readonly fingerprint: string; readonly address?: string };
  readonly verb: Wish['verb'];
  readonly branches?: readonly string[];
  readonly reason: Reason;
  readonly message: string;
}

export interface AuditParts {
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: Logger;
}

/** Of a Remote, the newest: they are for people who look for a reason. */
const keptRefusals = 20;
const keptRemotes = 1000;
/** Each Event is a write to the API server: the same refusal is one again after a minute, and a Remote has so many different ones. */
const sameAfterMs = 60_000;
const differentEvents = 60;
const forgottenAfterMs = 600_000;
/** Of keys that the Remote does not list. */
const differentEventsOfOthers = 5;

/**
 * Who was let do what, and who was not: one line of the log each, Events for refusals as long as they are not many, and the last
 * refusals for `ssh … deploys --refused`.
 */
export class Audit {
  readonly #parts: AuditParts;
  /** By the uid of the Remote, the one that was refused last at the end. */
  readonly #refusals = new Map<
    string,
    { readonly kept: Refusal[] } & Record<'events' | 'eventsOfOthers', Map<string, number>>
  >();

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  allowed({ remote, principal, verb, branches, refs }: Asked & { readonly remote: Pick<Remote, 'id' | 'keys'> }): void {
    const by = facts(principalIn(remote, principal));
    this.#parts.log.info({ audit: 'allowed', remote: remote.id, verb, branches, refs, ...by }, 'access allowed');
  }

  refused({ remote, principal, verb, branches, reason, message, isListed }: Refused): void {
    const { log, events } = this.#parts;
    const isKnown = typeof remote !== 'string';
    const by = isKnown ? principalIn(remote, principal) : principal;
    const id = isKnown ? remote.id : remote;
    log.warn({ audit: 'refused', remote: id, verb, branches, ...facts(by), reason, why: message }, 'access refused');
    // Who serves the Remote is no matter of a key, and may be settled in a moment.
    if (!isKnown || reason === 'ServedElsewhere') return;
    const { fingerprint, address } = by;
    const of = this.#of(remote.uid);
    if (isListed) this.#keep(of.kept, { by, verb, branches, reason, message });
    const same = [fingerprint, address, verb, branches, reason].join(' ');
    if (
      this.#isNew(same, isListed ? of.events : of.eventsOfOthers, isListed ? differentEvents : differentEventsOfOthers)
    )
      events.record(remote, { reason, message: `${message} (from ${address ?? 'inside'})` });
  }

  /** The newest first. */
  refusals({ uid }: Pick<Remote, 'uid'>): readonly Refusal[] {
    return this.#refusals.get(uid)?.kept ?? [];
  }

  /** The same one again counts, and is the newest then. */
  #keep(
    kept: Refusal[],
    {
      by,
      verb,
      branches,
      reason,
      message,
    }: Pick<Refused, 'verb' | 'branches' | 'reason' | 'message'> & { readonly by: Principal },
  ): void {
    const { name, fingerprint, address } = by;
    const at = kept.findIndex(
      (one) => one.message === message && one.by.fingerprint === fingerprint && one.by.address === address,
    );
    const [before] = at < 0 ? [] : kept.splice(at, 1);
    kept.unshift({
      at: new Date(this.#parts.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      times: (before?.times ?? 0) + 1,
      by: { name, fingerprint, ...(address !== undefined && { address }) },
      verb,
      ...(branches && { branches }),
      reason,
      message,
    });
    kept.length = Math.min(kept.length, keptRefusals);
  }

  #of(uid: string) {
    const of = this.#refusals.get(uid) ?? {
      kept: [],
      events: new Map<string, number>(),
      eventsOfOthers: new Map<string, number>(),
    };
    this.#refusals.delete(uid);
    this.#refusals.set(uid, of);
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > keptRemotes && oldest !== undefined) this.#refusals.delete(oldest);
    return of;
  }

  /** @param known when there was an Event of which refusal, the oldest first */
  #isNew(same: string, known: Map<string, number>, most: number): boolean {
    const now = this.#parts.clock.monotonic();
    for (const [one, at] of known) {
      if (now - at < forgottenAfterMs) break;
      known.delete(one);
    }
    const last = known.get(same);
    if (last === undefined ? known.size >= most : now - last < sameAfterMs) return false;
    known.delete(same);
    known.set(same, now);
    return true;
  }
}

function facts({ name: by, fingerprint: key, address: from }: Principal) {
  return { by, key, from };
}
