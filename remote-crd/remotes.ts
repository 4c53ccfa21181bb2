import { asGitkubeError, GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Kube, KubeObject, Watch } from '../kube/kube.ts';
import { parseRemote } from './parse.ts';
import type { Remote } from './remote.ts';

/** What the API server holds under one name, usable or not. */
export interface RemoteEntry {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly finalizers: readonly string[];
  /** It goes away once its finalizers are gone; it is no Remote any more. */
  readonly deleting: boolean;
  /** Undefined when the object is no valid Remote; then `error` says why. */
  readonly remote: Remote | undefined;
  readonly error: GitkubeError | undefined;
  /** The status as it was last seen: anything. */
  readonly status: unknown;
}

export interface RemoteChange {
  readonly id: string;
  /** Undefined: the Remote is gone. */
  readonly entry: RemoteEntry | undefined;
  /** What was known of it last, when it is gone. */
  readonly gone?: RemoteEntry | undefined;
}

export interface RemotesOptions {
  readonly kube: Pick<Kube, 'watch'>;
  readonly log: Logger;
  /** Unset or empty: all namespaces. */
  readonly namespaces?: readonly string[];
}

/**
 * All Remotes of the cluster or of some namespaces, as of now. An invalid one is kept so that its status can say so, but
 * it has no keys, no name to be found under and nothing to deploy.
 */
export class Remotes {
  readonly #options: RemotesOptions;
  readonly #entries = new Map<string, RemoteEntry>();
  readonly #byFingerprint = new Map<string, Map<string, Remote>>();
  readonly #listeners = new Set<(change: RemoteChange) => void>();
  #watches: readonly Watch<KubeObject>[] = [];
  #synced = false;

  constructor(options: RemotesOptions) {
    this.#options = options;
  }

  /**
   * One watch for all namespaces, or one for each. Resolves when the first lists are in; rejects only when `signal`, which
   * also ends the watches, comes before.
   */
  async start(signal: AbortSignal): Promise<void> {
    const handler = {
      upsert: (object: KubeObject) => this.#put(object),
      remove: (object: KubeObject) => this.#drop(idOf(object)),
    };
    const { kube, namespaces = [] } = this.#options;
    const scopes = namespaces.length === 0 ? [''] : [...new Set(namespaces)].map((name) => `/namespaces/${name}`);
    this.#watches = scopes.map((scope) =>
      kube.watch({ path: `/apis/gitkube.sh/v1alpha1${scope}/remotes` }, handler, signal),
    );
    await Promise.all(this.#watches.map(({ synced }) => synced));
    this.#synced = true;
  }

  /** Whether every Remote was seen once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Whether what is told here is fresh. */
  get healthy(): boolean {
    return this.#watches.length > 0 && this.#watches.every(({ healthy }) => healthy);
  }

  get watchRestarts(): number {
    return this.#watches.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Whether Remotes of this namespace are told here at all. */
  serves(namespace: string): boolean {
    const { namespaces = [] } = this.#options;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  get(namespace: string, name: string): Remote | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.remote;
  }

  all(): Remote[] {
    return this.entries().flatMap(({ remote }) => remote ?? []);
  }

  entry(id: string): RemoteEntry | undefined {
    return this.#entries.get(id);
  }

  entries(): RemoteEntry[] {
    return [...this.#entries.values()];
  }

  /** The Remotes that this key may push to. */
  byFingerprint(fingerprint: string): Remote[] {
    return [...(this.#byFingerprint.get(fingerprint)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * The Remote that hasura/gitkube called `<namespace>-<name>`. Namespace a-b with c and namespace a with b-c have the
   * same old name; then it names neither, also while one of them is invalid.
   */
  byOldName(oldName: string): Remote | 'ambiguous' | undefined {
    const matches: RemoteEntry[] = [];
    for (let dash = oldName.indexOf('-'); dash > 0; dash = oldName.indexOf('-', dash + 1)) {
      const entry = this.#entries.get(`${oldName.slice(0, dash)}/${oldName.slice(dash + 1)}`);
      if (entry) matches.push(entry);
    }
    return matches.length > 1 ? 'ambiguous' : matches[0]?.remote;
  }

  /** Told after each change, with everything already in place. Returns how to stop being told. */
  onChange(listener: (change: RemoteChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the watches; what was known stays readable. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch[Symbol.asyncDispose]()));
  }

  #put(object: KubeObject): void {
    const id = idOf(object);
    const before = this.#entries.get(id);
    const entry = readEntry(id, object);
    this.#unindex(before?.remote);
    this.#entries.set(id, entry);
    for (const key of entry.remote?.keys ?? []) this.#remotesOf(key.fingerprint).set(id, entry.remote as Remote);
    if (entry.error && !entry.deleting && before?.generation !== entry.generation) {
      this.#options.log.warn({ remote: id, why: entry.error.message }, 'remote is invalid');
    }
    this.#tell({ id, entry });
  }

  #drop(id: string): void {
    const gone = this.#entries.get(id);
    this.#unindex(gone?.remote);
    this.#entries.delete(id);
    this.#tell({ id, entry: undefined, gone });
  }

  #remotesOf(fingerprint: string): Map<string, Remote> {
    const remotes = this.#byFingerprint.get(fingerprint) ?? new Map<string, Remote>();
    this.#byFingerprint.set(fingerprint, remotes);
    return remotes;
  }

  #unindex(remote: Remote | undefined): void {
    for (const { fingerprint } of remote?.keys ?? []) {
      const remotes = this.#byFingerprint.get(fingerprint);
      remotes?.delete(remote?.id ?? '');
      if (remotes?.size === 0) this.#byFingerprint.delete(fingerprint);
    }
  }

  #tell(change: RemoteChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (err) {
        this.#options.log.error({ err, remote: change.id }, 'a listener to remotes failed');
      }
    }
  }
}

function readEntry(id: string, object: KubeObject): RemoteEntry {
  const { namespace = '', name = '', uid = '', generation = 0, resourceVersion = '' } = object.metadata ?? {};
  const { finalizers = [], deletionTimestamp } = object.metadata ?? {};
  const { status } = object as { status?: unknown };
  const deleting = deletionTimestamp !== undefined;
  const known = { id, namespace, name, uid, generation, resourceVersion, finalizers, deleting, status };
  try {
    if (deleting) throw new GitkubeError('RemoteUnknown', 'the Remote is being deleted');
    return { ...known, remote: parseRemote(object), error: undefined };
  } catch (thrown) {
    return { ...known, remote: undefined, error: asGitkubeError(thrown) };
  }
}

function idOf(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}
