import type { Clock } from '../../base/clock.ts';
import type { Reason } from '../../base/errors.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import type { Wish } from './may.ts';
import type { Principal } from './principal.ts';

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

/** What happened. */
export interface RefusalFacts extends Pick<Refusal, 'reason' | 'message'>, Wish {
  readonly by: Principal;
}

/** They are for people who look for a reason. */
const kept = 20;

/** The newest refusals of one Remote; the same one again counts, and is the newest then. */
export class KeptRefusals {
  readonly #clock: Pick<Clock, 'now'>;
  #all: readonly Refusal[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The newest first. */
  get all(): readonly Refusal[] {
    return this.#all;
  }

  add({ by: { name, fingerprint, address }, verb, branches, reason, message }: RefusalFacts): void {
    const isSame = ({ by, message: said }: Refusal) =>
      said === message && by.fingerprint === fingerprint && by.address === address;
    const before = this.#all.find(isSame);
    const one: Refusal = {
      at: rfc3339(this.#clock.now()),
      times: (before?.times ?? 0) + 1,
      by: { name, fingerprint, ...(address !== undefined && { address }) },
      verb,
      ...(branches && { branches }),
      reason,
      message,
    };
    this.#all = [one, ...this.#all.filter((other) => other !== before)].slice(0, kept);
  }
}
