import type { AuthorizedKey, Remote } from '../../remote-crd/index.ts';

/** Who asks: the key whose signature was verified on this connection, and nothing else. */
export interface Principal {
  readonly fingerprint: string;
  /** The key's comment, or `unnamed key`. */
  readonly name: string;
  /** The server itself, which has no key: no door makes one. */
  readonly isServer?: true;
}

/** Who asks for what nobody has asked for: a release that does not run on returns to the one before it. */
export const gitkube: Principal = { fingerprint: 'gitkube', name: 'Gitkube', isServer: true };

/** A key may have another name in each Remote that lists it. */
export function principalOf({ fingerprint, comment }: AuthorizedKey): Principal {
  return { fingerprint, name: comment || 'unnamed key' };
}

/** Who asks, as this Remote calls the key: another Remote, of anybody, may list the same key under any name. */
export function principalIn(remote: Pick<Remote, 'keys'>, principal: Principal): Principal {
  const key = remote.keys.find(({ fingerprint }) => fingerprint === principal.fingerprint);
  return key ? principalOf(key) : principal;
}
