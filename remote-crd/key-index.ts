import type { Remote } from './remote.ts';

/** The Remotes by the fingerprints of their keys. */
export class KeyIndex {
  readonly #remotes = new Map<string, Map<string, Remote>>();

  add(remote: Remote | undefined): void {
    if (!remote) return;
    for (const { fingerprint } of remote.keys) {
      const remotes = this.#remotes.get(fingerprint) ?? new Map<string, Remote>();
      this.#remotes.set(fingerprint, remotes.set(remote.id, remote));
    }
  }

  remove(remote: Remote | undefined): void {
    if (!remote) return;
    for (const { fingerprint } of remote.keys) {
      const remotes = this.#remotes.get(fingerprint);
      remotes?.delete(remote.id);
      if (remotes?.size === 0) this.#remotes.delete(fingerprint);
    }
  }

  /** By name, not by the order of changes. */
  of(fingerprint: string): Remote[] {
    return [...(this.#remotes.get(fingerprint)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
