import { GitkubeError } from '../../../base/errors.ts';
import type { Collection, Kube, Lease, WatchHandler } from '../../../kube/kube.ts';

type LeaseKube = Pick<Kube, 'watch' | 'createLease' | 'replaceLease'>;
/** `blind`: the watch shows nothing. */
type Outage = 'down' | 'forbidden' | 'blind';

/** The Leases of an API server, and what each server sees of them; it may be away, for all or for one of them. */
export class LeaseStore {
  readonly leases = new Map<string, Lease>();
  writes = 0;
  /** Namespaces that are being deleted. */
  readonly ending = new Set<string>();
  readonly #views: View[] = [];
  #version = 0;

  /** What one server has of it. @param synced when it has seen what is there */
  view(synced: Promise<void>): View {
    const view = new View(this, synced);
    this.#views.push(view);
    return view;
  }

  put(namespace: string, lease: Lease, isNew: boolean): Lease {
    const before = this.leases.get(namespace);
    const uid = isNew ? `uid-${this.#version}` : (before?.metadata.uid ?? '');
    const stored = { ...lease, metadata: { ...lease.metadata, uid, resourceVersion: String(++this.#version) } };
    this.leases.set(namespace, stored);
    for (const view of this.#views) view.show(stored);
    return stored;
  }

  /** As an operator does who writes the Lease. */
  give(namespace: string, holder: string): void {
    const lease = this.leases.get(namespace) as Lease;
    this.put(namespace, { ...lease, spec: { ...lease.spec, holderIdentity: holder } }, false);
  }

  delete(namespace: string): void {
    const lease = this.leases.get(namespace);
    this.leases.delete(namespace);
    for (const view of this.#views) if (lease) view.show(lease, 'deleted');
  }
}

export class View implements LeaseKube {
  outage: Outage | undefined;
  /** Until then the API server answers no write. */
  busy: Promise<void> = Promise.resolve();
  readonly #store: LeaseStore;
  readonly #synced: Promise<void>;
  readonly #handlers: WatchHandler<Lease>[] = [];

  constructor(store: LeaseStore, synced: Promise<void>) {
    this.#store = store;
    this.#synced = synced;
  }

  watch = ((collection: Collection, handler: WatchHandler<Lease>) => {
    expectOneName(collection);
    for (const lease of this.#store.leases.values()) handler.upsert(lease);
    this.#handlers.push(handler);
    return { synced: this.#synced };
  }) as unknown as Kube['watch'];

  createLease = async (lease: Lease): Promise<Lease | 'exists' | 'no namespace'> => {
    this.#throwIfOut();
    const { namespace } = lease.metadata;
    if (this.#store.leases.has(namespace)) return 'exists';
    return this.#store.ending.has(namespace) ? 'no namespace' : this.#store.put(namespace, lease, true);
  };

  replaceLease = async (lease: Lease): Promise<Lease | 'changed' | 'gone'> => {
    await this.busy;
    this.#throwIfOut();
    const { namespace, resourceVersion } = lease.metadata;
    const current = this.#store.leases.get(namespace)?.metadata.resourceVersion;
    if (current === undefined) return 'gone';
    return current === resourceVersion ? this.#store.put(namespace, lease, false) : 'changed';
  };

  show(lease: Lease, how: 'stored' | 'deleted' = 'stored'): void {
    if (this.outage === 'down' || this.outage === 'blind') return;
    for (const handler of this.#handlers) how === 'stored' ? handler.upsert(lease) : handler.remove(lease);
  }

  #throwIfOut(): void {
    if (this.outage === 'down') throw new GitkubeError('ClusterUnavailable', 'the Kubernetes API does not answer');
    if (this.outage === 'forbidden') throw new GitkubeError('ClusterForbidden', 'gitkube may not create leases');
    this.#store.writes++;
  }
}

function expectOneName({ fieldSelector }: Collection): void {
  if (fieldSelector !== 'metadata.name=gitkube') throw new Error('it watches every Lease of the cluster');
}
