import { again } from '../../base/again.ts';
import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { Semaphore } from '../../base/semaphore.ts';
import { plain } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Kube, Lease } from '../../kube/kube.ts';
import { leasesPath } from '../../kube/lease-calls.ts';
import type { Ownership, Refusal } from '../../remote-crd/index.ts';
import { Claim } from './claim.ts';
import { type Holder, holderOf, holderText, leaseName, releasedLease } from './lease-spec.ts';
import { Pursuit } from './pursuit.ts';

export interface NamespaceLeasesOptions {
  readonly kube: Pick<Kube, 'watch' | 'createLease' | 'replaceLease'>;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly holder: Holder;
  readonly clock: Clock;
  readonly log: Logger;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

const writesAtOnce = 16;
/** As long as one write may take: who pushes is not to wait for an API server that shows no Leases. */
const triedMs = 10_000;

/**
 * One Lease for each namespace with Remotes, so that two servers never serve the same one. It says who serves, and is
 * renewed for as long as there are Remotes; another server waits until it was not renewed for its whole time.
 */
export class NamespaceLeases implements Ownership {
  readonly #options: NamespaceLeasesOptions;
  readonly #claims = new Map<string, Claim>();
  readonly #pursuits = new Map<string, Pursuit>();
  readonly #listeners = new Set<(namespace: string) => void>();
  /** What was reported last of each namespace. */
  readonly #reported = new Map<string, string>();
  readonly #places = new Semaphore(writesAtOnce);
  readonly #stop = new AbortController();
  #synced: Promise<unknown> = Promise.resolve();
  /** Leases may not be seen. */
  #refused: GitkubeError | undefined;

  constructor(options: NamespaceLeasesOptions) {
    this.#options = options;
  }

  /** Of this server. */
  get name(): string {
    return this.#options.holder.name;
  }

  /** Begins to see Leases. */
  start(): void {
    const { kube, namespaces } = this.#options;
    // Then trying says what is missing.
    const refused = Promise.withResolvers<void>();
    const handler = {
      upsert: (lease: Lease) => this.#seen(lease, (claim, now) => claim.see(lease, now)),
      remove: (lease: Lease) => this.#seen(lease, (claim, now) => claim.deleted(lease, now)),
      refused: (error: GitkubeError) => {
        this.#refused = error;
        refused.resolve();
      },
    };
    const paths = namespaces.length === 0 ? [leasesPath()] : [...new Set(namespaces)].map((one) => leasesPath(one));
    const fieldSelector = `metadata.name=${leaseName}`;
    const watches = paths.map((path) => kube.watch<Lease>({ path, fieldSelector }, handler, this.#stop.signal));
    this.#synced = Promise.race([refused.promise, Promise.all(watches.map(({ synced }) => synced))]);
    this.#synced.catch(() => {});
  }

  need(namespace: string, needed: boolean): void {
    if (needed === this.#pursuits.has(namespace) || this.#stop.signal.aborted) return;
    if (needed) this.#pursuits.set(namespace, this.#pursue(namespace));
    else void this.#pursuits.get(namespace)?.end();
    if (!needed) this.#pursuits.delete(namespace);
    this.#forget(namespace);
    if (!needed) for (const listener of this.#listeners) listener(namespace);
  }

  refusal(namespace: string): Refusal | undefined {
    const claim = this.#claims.get(namespace);
    if (claim?.isOurs(this.#options.clock.monotonic())) return undefined;
    if (claim?.other) return { holder: holderOf(claim.other), error: servedElsewhere(namespace, claim.other) };
    return { holder: undefined, error: claim?.failure ?? this.#refused ?? notKnown(namespace) };
  }

  onChange(listener: (namespace: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async tried(namespace: string): Promise<void> {
    const over = new AbortController();
    const late = this.#options.clock.delay(triedMs, over.signal).catch(() => {});
    const known = this.#when(namespace, () => this.#isKnown(namespace) || undefined, over.signal).catch(() => {});
    await Promise.race([known, late]).finally(() => over.abort());
  }

  /**
   * Whether this server serves a namespace, as soon as that is known; one without Remotes is left to the server that asks.
   * @throws the reason of the signal
   */
  async decided(namespace: string, signal: AbortSignal): Promise<boolean> {
    const decision = () => {
      const refusal = this.refusal(namespace);
      if (!refusal || !this.#pursuits.has(namespace)) return true;
      return refusal.holder === undefined ? undefined : false;
    };
    return this.#when(namespace, decision, signal);
  }

  /** Resolves when each namespace that is needed now was tried once. */
  async allTried(signal: AbortSignal): Promise<void> {
    await untilAborted(Promise.all([...this.#pursuits.values()].map((one) => one.tried)), signal);
  }

  /**
   * Ends it.
   * @param release lets the next server begin at once; one that keeps its name comes back for its namespaces
   * @param signal ends what takes too long
   */
  async end(release: boolean, signal: AbortSignal): Promise<void> {
    this.#stop.abort();
    const work = async () => {
      await Promise.all([...this.#pursuits.values()].map((pursuit) => pursuit.end()));
      if (release) await Promise.allSettled([...this.#claims.values()].map((claim) => this.#release(claim, signal)));
    };
    await untilAborted(work(), signal).catch(() => {});
  }

  /** Whether there is more to say than that it is not known yet. */
  #isKnown(namespace: string): boolean {
    const claim = this.#claims.get(namespace);
    const decided = !this.#pursuits.has(namespace) || claim?.isOurs(this.#options.clock.monotonic()) || claim?.other;
    return Boolean(decided || claim?.failure || this.#refused);
  }

  /** Resolves with what `look` returns, as soon as that is not undefined. */
  async #when<T>(namespace: string, look: () => T | undefined, signal: AbortSignal): Promise<T> {
    const seen = Promise.withResolvers<T>();
    const again = () => {
      const found = look();
      if (found !== undefined) seen.resolve(found);
    };
    const leave = this.onChange((changed) => changed === namespace && again());
    again();
    return untilAborted(seen.promise, signal).finally(leave);
  }

  async #release({ lease }: Claim, signal: AbortSignal): Promise<void> {
    const { kube, clock, holder } = this.#options;
    if (!lease || holderOf(lease) !== holder.name) return;
    const leave = await this.#places.acquire(signal);
    await kube.replaceLease(releasedLease(lease, clock)).finally(leave);
  }

  #pursue(namespace: string): Pursuit {
    const onStep = () => this.#notify(namespace);
    const options = { ...this.#options, places: this.#places, synced: this.#synced, onStep };
    return new Pursuit(options, namespace, this.#claim(namespace));
  }

  #claim(namespace: string): Claim {
    const claim = this.#claims.get(namespace) ?? new Claim(this.#options.holder.name);
    this.#claims.set(namespace, claim);
    return claim;
  }

  #seen(lease: Lease, change: (claim: Claim, now: number) => boolean): void {
    const { namespace } = lease.metadata;
    const claim = this.#claim(namespace);
    const now = this.#options.clock.monotonic();
    if (!change(claim, now)) return;
    this.#notify(namespace);
    if (!claim.lease || !claim.isOurs(now)) this.#pursuits.get(namespace)?.wake();
    this.#forget(namespace);
  }

  /** A namespace that is gone leaves nothing behind. */
  #forget(namespace: string): void {
    if (this.#pursuits.has(namespace) || this.#claims.get(namespace)?.lease) return;
    this.#claims.delete(namespace);
    this.#reported.delete(namespace);
  }

  #notify(namespace: string): void {
    const refusal = this.refusal(namespace);
    const text = refusal ? `${refusal.holder} ${refusal.error.message}` : '';
    if (this.#reported.get(namespace) === text) return;
    this.#reported.set(namespace, text);
    for (const listener of this.#listeners) listener(namespace);
  }
}

function servedElsewhere(namespace: string, lease: Lease): GitkubeError {
  const holder = plain(holderText(lease), 300);
  return new GitkubeError('ServedElsewhere', `another Gitkube serves namespace ${namespace}: ${holder}`, {
    hint: [
      `to see the address to push to, type: kubectl -n ${namespace} get remotes`,
      'operators: stop one of the two, or give each its own namespaces with GITKUBE_NAMESPACES; docs/adr/0008',
    ],
  });
}

function notKnown(namespace: string): GitkubeError {
  return new GitkubeError('ClusterUnavailable', `it is not known yet which server serves namespace ${namespace}`, {
    hint: `${again} in a moment`,
  });
}
