import type { AnyObject, KubeObject, ObjectRef, Watch } from '../../kube/kube.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { inventoryLabel, keyOf, labelOf } from '../objects/objects.ts';
import type { RemoteName } from '../types.ts';

export interface SeenObject {
  /** As it was last; undefined: it was gone before it was seen. */
  readonly object: AnyObject | undefined;
  readonly gone: boolean;
}

export interface ViewOptions {
  /** The user that looks. */
  readonly as: string;
  readonly remote: RemoteName;
  readonly signal: AbortSignal;
  /** Called when something may have changed. */
  readonly onChange: () => void;
}

/** How often an object is read that may not be watched. */
const poll = { firstMs: 250, maxMs: 2000 } as const;

/**
 * Objects of one Remote as they are now, watched with the rights of its account: one watch for each kind. An account that
 * may only `get` a kind reads each object of it again and again instead. Its owner disposes of it.
 */
export class ObjectsView implements AsyncDisposable {
  readonly #deps: KubeDeps;
  readonly #options: ViewOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #seen = new Map<string, SeenObject>();
  readonly #looking: Promise<void>[];
  /** What is read again and again. */
  readonly #polled = new Set<string>();

  constructor(deps: KubeDeps, refs: readonly ObjectRef[], options: ViewOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    const groups = Map.groupBy(refs, ({ apiVersion, kind, namespace }) => `${apiVersion} ${kind} ${namespace ?? ''}`);
    this.#looking = [...groups.values()].map((group) => this.#look(group));
    for (const looking of this.#looking) looking.catch(() => {});
  }

  /** Undefined: nobody has seen it yet. */
  seen(ref: ObjectRef): SeenObject | undefined {
    return this.#seen.get(keyOf(ref));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#looking);
  }

  /** @param refs of one kind and one namespace */
  async #look(refs: readonly ObjectRef[]): Promise<void> {
    const refused = Promise.withResolvers<void>();
    const watching = await this.#watch(refs, refused.resolve);
    watching?.synced.then(() => this.#lookForUnlisted(refs)).catch(() => {});
    const ended = new Promise<void>((resolve) => {
      if (this.#signal.aborted) resolve();
      this.#signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([refused.promise, ended]);
    await watching?.[Symbol.asyncDispose]();
    if (!this.#signal.aborted) await Promise.all(refs.map((ref) => this.#poll(ref)));
  }

  async #watch(refs: readonly ObjectRef[], refused: () => void): Promise<Watch<KubeObject> | undefined> {
    const [ref] = refs;
    const { kube } = this.#deps;
    const path =
      ref && (await retryCall(this.#deps, () => kube.collectionPath(ref), this.#signal).catch(() => undefined));
    if (!ref || path === undefined) {
      refused();
      return undefined;
    }
    const { as, remote } = this.#options;
    const labelSelector = `${inventoryLabel}=${labelOf(remote, ref.namespace !== undefined)}`;
    const wanted = new Map(refs.map((one) => [keyOf(one), one]));
    const on = (change: (ref: ObjectRef, object: AnyObject) => void) => (found: KubeObject) => {
      // Lists leave out what their items are.
      const object = { ...found, apiVersion: ref.apiVersion, kind: ref.kind } as AnyObject;
      const one = wanted.get(keyOf({ ...ref, name: object.metadata.name }));
      if (one) change(one, object);
    };
    const upsert = on((one, object) => this.#note(keyOf(one), { object, gone: false }));
    const remove = on((one, object) => this.#looking.push(this.#missed(one, object).catch(() => {})));
    return kube.watch({ path, labelSelector, as }, { upsert, remove, refused }, this.#signal);
  }

  /** What is not in the first list is gone already, or has lost its label. */
  #lookForUnlisted(refs: readonly ObjectRef[]): void {
    const unlisted = refs.filter((ref) => !this.#seen.has(keyOf(ref)));
    this.#looking.push(...unlisted.map((ref) => this.#missed(ref).catch(() => {})));
  }

  /** It is gone; or it has lost the label that it is watched by, and is read from now on. */
  async #missed(ref: ObjectRef, last?: AnyObject): Promise<void> {
    const reading = retryCall(this.#deps, () => this.#deps.kube.getObject(ref, this.#options), this.#signal);
    const object = await reading.catch(() => (last ? undefined : null));
    if (object === null) return;
    const isSame = object !== undefined && (!last || object.metadata.uid === last.metadata.uid);
    this.#note(keyOf(ref), isSame ? { object, gone: false } : { object: last, gone: true });
    if (isSame) await this.#poll(ref);
  }

  async #poll(ref: ObjectRef): Promise<void> {
    const { kube, clock } = this.#deps;
    if (this.#polled.has(keyOf(ref))) return;
    this.#polled.add(keyOf(ref));
    for (let ms: number = poll.firstMs; !this.#signal.aborted; ms = Math.min(poll.maxMs, ms * 2)) {
      const reading = retryCall(this.#deps, () => kube.getObject(ref, this.#options), this.#signal);
      // However long the API server is away: a watch asks again for ever, too, and the time limit ends the wait.
      const object = await reading.catch(() => null);
      const before = this.#seen.get(keyOf(ref))?.object;
      if (object && object.metadata.resourceVersion !== before?.metadata.resourceVersion) {
        this.#note(keyOf(ref), { object, gone: false });
      } else if (object === undefined && before) this.#note(keyOf(ref), { object: before, gone: true });
      await clock.delay(ms, this.#signal);
    }
  }

  #note(key: string, seen: SeenObject): void {
    this.#seen.set(key, seen);
    this.#options.onChange();
  }
}
