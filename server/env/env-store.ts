import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { ConfigCalls, ConfigRef } from '../../kube/kube.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { type EnvData, isSameEnv, readData } from './env-data.ts';
import { envIsForeign } from './env-of-remote.ts';

export interface EnvStoreOptions {
  readonly kube: ConfigCalls;
  /** Whether this server may change Secrets and ConfigMaps: GITKUBE_ENV. */
  readonly enabled: boolean;
  /** The Secret with the host key of the server. */
  readonly hostKey: { readonly namespace: string; readonly name: string } | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a Secret or a ConfigMap is now. */
export interface EnvState {
  readonly data: EnvData;
  readonly resourceVersion: string;
  readonly immutable: boolean;
  /** Undefined: of a ConfigMap. */
  readonly type: string | undefined;
}

const tries = 8;
/** Of the names of all snapshots. */
export const snapshotPrefix = 'gitkube-env-';

/** The Secrets and ConfigMaps of Remotes, and snapshots of them that never change. */
export class EnvStore {
  readonly enabled: boolean;
  readonly #options: EnvStoreOptions;

  constructor(options: EnvStoreOptions) {
    this.enabled = options.enabled;
    this.#options = options;
  }

  async read(ref: ConfigRef): Promise<EnvState | undefined> {
    const found = await this.#call((kube) => kube.getConfig(ref));
    if (!found) return undefined;
    const { metadata, immutable = false, type } = found;
    return { data: readData(found), resourceVersion: metadata.resourceVersion, immutable, type };
  }

  /** As `read`, of what a Remote names. @throws EnvUnusable: of what is no env */
  async open(ref: ConfigRef): Promise<EnvState | undefined> {
    const named = this.whyForeign(ref);
    if (named) throw envIsForeign(ref, named);
    const state = await this.read(ref);
    const why = this.whyForeign(ref, state?.type);
    if (why) throw envIsForeign(ref, why);
    return state;
  }

  /** Why somebody who may write Remotes must not have this one read or changed. @param type of a Secret, once it is known */
  whyForeign(ref: ConfigRef, type?: string): string | undefined {
    const { hostKey } = this.#options;
    const isHostKey = ref.name === hostKey?.name && ref.namespace === hostKey.namespace;
    if (ref.kind === 'Secret' && isHostKey) return 'it has the host key of this server';
    if (ref.name.startsWith(snapshotPrefix)) return 'it is a snapshot of another one';
    const isForeign = ref.kind === 'Secret' && type !== undefined && type !== 'Opaque';
    return isForeign ? `its type is ${type}, and not Opaque` : undefined;
  }

  /** @returns undefined: it is gone */
  async snapshot(ref: ConfigRef, name: string): Promise<EnvData | undefined> {
    return (await this.read({ ...ref, name }))?.data;
  }

  /** Done twice it does no harm: only the deploy that saves it knows its name. */
  async save(ref: ConfigRef, name: string, data: EnvData, { name: remote, uid }: Pick<Remote, 'name' | 'uid'>) {
    const owner = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name: remote, uid };
    const labels = { 'app.kubernetes.io/managed-by': 'gitkube', 'gitkube.sh/env-of': labelOf(remote) };
    const snapshot = { ...ref, name, type: 'gitkube.sh/env', labels, owner, data: Object.fromEntries(data) };
    await this.#call((kube) => kube.createConfig(snapshot));
  }

  /**
   * @returns false: it is not what it was before, and nothing has changed
   * @throws ObjectChanged: it is not what it was before, and an attempt without an answer may have changed it
   */
  async change(ref: ConfigRef, before: EnvData, after: EnvData): Promise<boolean> {
    let mayHaveChanged = false;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const now = await this.read(ref);
      // The answer to an attempt may have been lost.
      if (now && isSameEnv(now.data, after)) return true;
      if (!now || !isSameEnv(now.data, before)) break;
      const answer = await this.#patch(ref, now, patchOf(before, after));
      if (answer === 'patched') return true;
      if (answer === 'unknown') mayHaveChanged = true;
    }
    if (!mayHaveChanged) return false;
    throw changedSince(ref, 'see what it is, then type it again');
  }

  /**
   * Reverts that change, name by name: what somebody else has set since stays. Done twice it does no harm.
   * @param say is given a line about each name that stays
   */
  async restore(ref: ConfigRef, before: EnvData, after: EnvData, say: (line: string) => void): Promise<void> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const now = await this.read(ref);
      if (!now) return say(`env: ${ref.kind} ${ref.name} was deleted since; nothing is left to restore`);
      const ours = patchOf(after, before).filter(([name]) => now.data.get(name) !== before.get(name));
      const patch = ours.filter(([name]) => now.data.get(name) === after.get(name));
      const foreign = ours.filter(([name]) => now.data.get(name) !== after.get(name));
      if (patch.length > 0 && (await this.#patch(ref, now, patch)) !== 'patched') continue;
      for (const [name] of foreign) say(`env: somebody else has changed ${name} since, that stays`);
      if (patch.length > 0) say(`env: ${ref.kind} ${ref.name} is restored`);
      return;
    }
    throw changedSince(ref);
  }

  async delete(ref: ConfigRef, names: readonly string[]): Promise<void> {
    for (const name of names) await this.#call((kube) => kube.deleteConfig({ ...ref, name }));
  }

  /** As `delete`, for what nothing depends on. */
  async forget(ref: ConfigRef, names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.delete(ref, [name]).catch((thrown) => {
        const { namespace, kind } = ref;
        this.#options.log.warn({ err: asGitkubeError(thrown), namespace, kind, name }, 'a snapshot is not deleted');
      });
    }
  }

  /** @returns `refused`: it has another version, or is gone; `unknown`: as well, but the answer to an attempt was lost */
  async #patch(ref: ConfigRef, { resourceVersion }: EnvState, pairs: Pairs) {
    const change = { resourceVersion, data: Object.fromEntries(pairs) };
    let attempts = 0;
    const answer = await this.#call((kube) => {
      attempts++;
      return kube.changeConfig(ref, change);
    });
    if (answer === 'patched') return answer;
    return attempts > 1 ? 'unknown' : 'refused';
  }

  #call<T>(call: (kube: ConfigCalls) => Promise<T>): Promise<T> {
    return retryCall(this.#options, () => call(this.#options.kube));
  }
}

type Pairs = readonly (readonly [name: string, value: string | null])[];

/** As a merge patch has it: null removes a name. */
function patchOf(from: EnvData, to: EnvData): Pairs {
  const names = [...new Set([...from.keys(), ...to.keys()])].filter((name) => from.get(name) !== to.get(name));
  return names.map((name) => [name, to.get(name) ?? null]);
}

export function changedSince({ kind, name }: ConfigRef, hint = 'type it again: nothing has changed'): GitkubeError {
  return new GitkubeError('ObjectChanged', `somebody else has changed or deleted ${kind} ${name} at the same moment`, {
    hint,
  });
}

/** A label has 63 characters at most. */
function labelOf(name: string): string {
  return name.slice(0, 63).replace(/[^a-z0-9]+$/, '');
}
