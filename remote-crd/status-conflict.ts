import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { type BackOff, backOffMs } from '../base/retry.ts';
import { plain } from '../base/text.ts';
import type { RemoteEntry } from './remote-entry.ts';
import { readStatus } from './status.ts';
import type { RemoteUrl } from './status-facts.ts';
import type { RemoteStatus } from './status-schema.ts';

/** How often a status that somebody else wrote was corrected lately, and when that is allowed again. */
export interface Repairs {
  count: number;
  at: number;
}

/** Two servers of the same Remotes would correct each other for ever; so they do it more and more slowly. */
const backOff: BackOff = { firstMs: 1000, maxMs: 120_000 };
const forgottenMs = 300_000;
/** All Remotes have the same conflict: it is reported once, and again if it goes on. */
const reportedMs = 3_600_000;

export interface StatusConflictOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly remoteUrl: (remote: RemoteEntry) => RemoteUrl;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

/** What to do when there is no news and somebody else wrote: correct it at once, later if that goes on. */
export class StatusConflictBackoff {
  readonly #options: StatusConflictOptions;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: StatusConflictOptions) {
    this.#options = options;
  }

  /** Milliseconds until it may be corrected; zero: now, and that is counted. */
  wait(entry: RemoteEntry, repairs: Repairs): number {
    const { clock, random = Math.random } = this.#options;
    const now = clock.monotonic();
    if (now < repairs.at) return repairs.at - now;
    repairs.count = now - repairs.at > forgottenMs ? 1 : repairs.count + 1;
    repairs.at = now + backOffMs(backOff, repairs.count, random());
    if (repairs.count > 1) this.#report(entry, now);
    return 0;
  }

  #report(entry: RemoteEntry, now: number): void {
    if (now - this.#reportedAt < reportedMs) return;
    this.#reportedAt = now;
    const { log, remoteUrl } = this.#options;
    const ours = remoteUrl(entry).url;
    const theirs = plain(readStatus(entry.status).remoteUrl ?? '', 300);
    const look = `kubectl -n ${entry.namespace} get remote ${entry.name} -o yaml --show-managed-fields`;
    const hint = `to see the writer, type: ${look}`;
    // This server holds the Lease of the namespace, so the other one does not know Leases.
    log.warn(
      { remote: entry.id, ours, ...(theirs === ours ? {} : { theirs }), hint },
      'something else writes the status of Remotes, too: an older version of Gitkube, or another program',
    );
  }
}

/** Since when a condition holds does not count: it is another time for each writer. */
export function saysTheSame(one: RemoteStatus, other: RemoteStatus): boolean {
  return isDeepStrictEqual(withoutTimes(one), withoutTimes(other));
}

function withoutTimes({ conditions, ...rest }: RemoteStatus): object {
  return { ...rest, conditions: conditions?.map(({ lastTransitionTime: _, ...condition }) => condition) };
}
