import type { GitkubeError } from '../../base/errors.ts';
import type { Lease } from '../../kube/kube.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';
import { durationMs, holderOf } from './lease-spec.ts';

export type NextStep = { readonly kind: 'create' | 'hold' } | { readonly kind: 'wait'; readonly ms: number };

/** A holder that was stopped may be back in a moment, and it has the repositories. */
const afterReleaseMs = 30_000;
/** A holder that lives makes its Lease again. */
const afterDeletionMs = 2000;

/**
 * What is known of the Lease of one namespace. Times are of the monotonic clock of this server, never those in the Lease,
 * which another machine wrote: a Lease is over when it was not renewed before our eyes for as long as it lasts.
 */
export class Claim {
  readonly #name: string;
  lease: Lease | undefined;
  /** Until then nobody else may take it. */
  validUntil = Number.NEGATIVE_INFINITY;
  /** Why the last try failed. */
  failure: GitkubeError | undefined;
  /** Before that it is not for us to take. */
  #freeAt = Number.NEGATIVE_INFINITY;
  #wasOthers = false;

  /** @param name of this server */
  constructor(name: string) {
    this.#name = name;
  }

  /** The other server that holds it, as far as is seen. */
  get other(): Lease | undefined {
    const holder = this.lease ? holderOf(this.lease) : '';
    return holder === '' || holder === this.#name ? undefined : this.lease;
  }

  isOurs(now: number): boolean {
    return this.other === undefined && now < this.validUntil;
  }

  /** What the watch shows, in any order with the answers to our own writes. @returns whether that is news */
  see(lease: Lease, now: number): boolean {
    const { resourceVersion = '' } = lease.metadata;
    const known = this.lease?.metadata.resourceVersion ?? '';
    if (known === resourceVersion || isOlderVersion(resourceVersion, known)) return false;
    this.lease = lease;
    if (this.other) {
      this.#wasOthers = true;
      this.validUntil = Number.NEGATIVE_INFINITY;
      this.#freeAt = now + durationMs(lease);
    } else if (this.#wasOthers && holderOf(lease) === '') {
      this.#freeAt = now + afterReleaseMs;
    }
    return true;
  }

  /** Somebody deleted it. Ours is ours until it is over all the same. */
  deleted({ metadata }: Lease, now: number): boolean {
    if (metadata.uid !== this.lease?.metadata.uid) return false;
    this.lease = undefined;
    if (this.#wasOthers) this.#freeAt = now + afterDeletionMs;
    return true;
  }

  /** @param begun when the write was sent: others count from when they see it, which is later */
  written(lease: Lease, begun: number): void {
    this.failure = undefined;
    // What somebody wrote after it may have been seen before its answer.
    const seen = this.lease?.metadata.resourceVersion ?? '';
    if (!isOlderVersion(lease.metadata.resourceVersion ?? '', seen)) this.lease = lease;
    if (this.other) return;
    this.#wasOthers = false;
    this.validUntil = begun + durationMs(lease);
  }

  /** There was none to replace. */
  gone(lease: Lease): void {
    if (this.lease?.metadata.resourceVersion === lease.metadata.resourceVersion) this.lease = undefined;
  }

  next(now: number): NextStep {
    const held = this.lease && holderOf(this.lease) === this.#name;
    if (!held && now < this.#freeAt && now >= this.validUntil) return { kind: 'wait', ms: this.#freeAt - now };
    return { kind: this.lease ? 'hold' : 'create' };
  }
}
