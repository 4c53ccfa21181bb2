import type { Logger } from '../base/log.ts';
import type { Kube, KubeObject, Watch } from '../kube/kube.ts';
import { KeyIndex } from './key-index.ts';
import type { Ownership } from './ownership.ts';
import type { AuthorizedKey, Remote } from './remote.ts';
import { environmentsOf, idOf, type RemoteEntry, readEntry } from './remote-entry.ts';

export interface RemoteChange {
  readonly id: string;
  /** Undefined: the Remote, or the environment, is gone. */
  readonly entry: RemoteEntry | undefined;
  /** What was known of it last, when it is gone. */
  readonly gone?: RemoteEntry | undefined;
}

export interface RemotesOptions {
  readonly kube: Pick<Kube, 'watch'>;
  readonly log: Logger;
  /** Unset or empty: all namespaces. */
  readonly namespaces?: readonly string[];
  /** Unset: every Remote is served. */
  readonly ownership?: Ownership;
}

/**
 * All Remotes of the cluster or of some namespaces, as of now, and behind each its environments, as if they were Remotes. An
 * invalid one is kept so that its status can say so, but it has no keys, no name to be found under and nothing to deploy.
 */
export class Remotes {
  readonly #options: RemotesOptions;
  readonly #entries = new Map<string, RemoteEntry>();
  readonly #keys = new KeyIndex();
  readonly #listeners = new Set<(change: RemoteChange) => void>();
  /** Those of its environments, by the id of the Remote. */
  readonly #environments = new Map<string, readonly string[]>();
  /** Ids of Remotes, by namespace. */
  readonly #inNamespace = new Map<string, Set<string>>();
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
    this.#options.ownership?.onChange((namespace) => this.#judgeAgain(namespace));
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

  /** Whether this view is fresh. */
  get healthy(): boolean {
    return this.#watches.length > 0 && this.#watches.every(({ healthy }) => healthy);
  }

  get watchRestarts(): number {
    return this.#watches.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Whether this view has Remotes of this namespace at all. */
  serves(namespace: string): boolean {
    const { namespaces = [] } = this.#options;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  get(id: string): Remote | undefined {
    return this.#entries.get(id)?.remote;
  }

  all(): Remote[] {
    return this.entries().flatMap(({ remote }) => remote ?? []);
  }

  /** How many valid Remotes there are, whatever environments they have. */
  get count(): number {
    return this.all().filter(({ environment }) => environment === '').length;
  }

  entry(id: string): RemoteEntry | undefined {
    return this.#entries.get(id);
  }

  /** Those of a Remote that have a name. */
  environments(id: string): RemoteEntry[] {
    return (this.#environments.get(id) ?? []).flatMap((one) => this.#entries.get(one) ?? []);
  }

  /** Resolves once it is known who serves a Remote that was just made, or could not be known. */
  async judged({ namespace, elsewhere }: RemoteEntry): Promise<void> {
    if (elsewhere && elsewhere.holder === undefined) await this.#options.ownership?.tried(namespace);
  }

  entries(): RemoteEntry[] {
    return [...this.#entries.values()];
  }

  /** The Remotes that this key may push to, by name. */
  byFingerprint(fingerprint: string): Remote[] {
    return this.#keys.of(fingerprint).filter(({ id }) => this.#entries.get(id)?.remote);
  }

  /** The Remotes that list this key and that this server does not serve, by name. */
  elsewhere(fingerprint: string): RemoteEntry[] {
    const entries = this.#keys.of(fingerprint).flatMap(({ id }) => this.#entries.get(id) ?? []);
    return entries.filter(({ elsewhere }) => elsewhere);
  }

  /** The key as a Remote lists it, also one that only another server serves: its owner reads where to push. */
  key(fingerprint: string): AuthorizedKey | undefined {
    const [remote] = [...this.byFingerprint(fingerprint), ...this.#keys.of(fingerprint)];
    return remote?.keys.find((key) => key.fingerprint === fingerprint);
  }

  /**
   * The Remote that hasura/gitkube called `<namespace>-<name>`. Namespace a-b with c and namespace a with b-c have the
   * same old name; then it names neither, also while one of them is invalid.
   */
  byOldName(oldName: string): RemoteEntry | 'ambiguous' | undefined {
    const matches: RemoteEntry[] = [];
    for (let dash = oldName.indexOf('-'); dash > 0; dash = oldName.indexOf('-', dash + 1)) {
      const entry = this.#entries.get(`${oldName.slice(0, dash)}/${oldName.slice(dash + 1)}`);
      if (entry) matches.push(entry);
    }
    return matches.length > 1 ? 'ambiguous' : matches[0];
  }

  /** Called after each change, with everything already in place. Returns how to end that. */
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
    this.#need(id, true);
    const before = this.#entries.get(id);
    const entry = this.#judge(readEntry(id, object));
    if (entry.error && !entry.elsewhere && !entry.deleting && before?.generation !== entry.generation) {
      this.#options.log.warn({ remote: id, why: entry.error.message }, 'remote is invalid');
    }
    this.#replace(entry);
  }

  #drop(id: string): void {
    const gone = this.#entries.get(id);
    this.#keys.remove(gone?.remote ?? gone?.elsewhere?.remote);
    this.#take(id);
    this.#takeEnvironments(id, []);
    this.#need(id, false);
  }

  /** Whether it is ours has changed. */
  #judgeAgain(namespace: string): void {
    for (const id of this.#inNamespace.get(namespace) ?? []) {
      const before = this.#entries.get(id);
      if (!before) continue;
      const { elsewhere, ...known } = before;
      const { remote, problem: error } = elsewhere ?? {};
      this.#replace(this.#judge(elsewhere ? { ...known, remote, error } : known));
    }
  }

  #judge(entry: RemoteEntry): RemoteEntry {
    const refusal = this.#options.ownership?.refusal(entry.namespace);
    if (!refusal) return entry;
    const elsewhere = { ...refusal, remote: entry.remote, problem: entry.error };
    return { ...entry, remote: undefined, error: refusal.error, elsewhere };
  }

  #need(id: string, needed: boolean): void {
    const namespace = id.slice(0, id.indexOf('/'));
    const ids = this.#inNamespace.get(namespace) ?? new Set<string>();
    if (needed) ids.add(id);
    else ids.delete(id);
    if (ids.size > 0) this.#inNamespace.set(namespace, ids);
    else this.#inNamespace.delete(namespace);
    this.#options.ownership?.need(namespace, ids.size > 0);
  }

  /** Everything is in place before anybody hears of it. */
  #replace(entry: RemoteEntry): void {
    const { id } = entry;
    const before = this.#entries.get(id);
    const known = this.environments(id);
    this.#keys.remove(before?.remote ?? before?.elsewhere?.remote);
    this.#keys.add(entry.remote ?? entry.elsewhere?.remote);
    const environments = environmentsOf(entry, known);
    for (const one of [entry, ...environments]) this.#entries.set(one.id, one);
    this.#notify({ id, entry });
    this.#takeEnvironments(id, environments);
    for (const one of environments) this.#notify({ id: one.id, entry: one });
  }

  /** Those that are left go. */
  #takeEnvironments(id: string, left: readonly RemoteEntry[]): void {
    const stay = left.map((one) => one.id);
    const gone = (this.#environments.get(id) ?? []).filter((one) => !stay.includes(one));
    if (stay.length > 0) this.#environments.set(id, stay);
    else this.#environments.delete(id);
    for (const one of gone) this.#take(one);
  }

  #take(id: string): void {
    const gone = this.#entries.get(id);
    this.#entries.delete(id);
    this.#notify({ id, entry: undefined, gone });
  }

  #notify(change: RemoteChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (err) {
        this.#options.log.error({ err, remote: change.id }, 'a listener to remotes failed');
      }
    }
  }
}
