import type { WayToServer } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import type { AuthorizedKey, Grant, Remote } from '../../remote-crd/index.ts';

/** What a token may do, and with which Remote; its key would be in the spec of that. */
export interface TokenGrant {
  /** One of them is enough. */
  readonly grants: readonly Grant[];
  /** Of the Remote. */
  readonly uid: string;
  /** Milliseconds since 1970; unset: never. */
  readonly expiresAt?: number;
  /** False: it was removed since then, or may do something else. @throws ClusterUnavailable; ClusterForbidden */
  readonly isKept: (signal: AbortSignal) => Promise<boolean>;
}

/** Who asks: the key whose signature was verified on this connection, or the token that came with the request. */
export interface Principal {
  /** Of the key; `token:<id>`, `issuer:<remote>/<entry of spec.trust>` or `serviceaccount:<namespace>/<name>` of a token. */
  readonly fingerprint: string;
  /** The key's comment, or `unnamed key`; the name of the token. */
  readonly name: string;
  /** Of its client; unset: not known. */
  readonly address?: string;
  /** What was done at its security token; unset: it is on none. */
  readonly token?: { readonly touched: boolean; readonly pinGiven: boolean };
  /** Of a token; unset: what its key may do is in the spec of each Remote. */
  readonly grant?: TokenGrant;
  /** May do everything with every Remote, and has no key: the server itself, and who may run programs in its pod. */
  readonly isTrusted?: true;
}

/** What no fingerprint of a key begins with. */
const ofKubernetes = 'kubernetes:';

/** Who asks for what nobody has asked for: a release that does not run on returns to the one before it. */
export const gitkube: Principal = { fingerprint: 'gitkube', name: 'Gitkube', isTrusted: true };

/**
 * A user of Kubernetes who may run programs in the pod of the server, and so may do all that the server may. The name is what
 * they say: it is for records, and gives no right.
 */
export function kubernetesUser(user: string): Principal {
  const name = plain(user, 253);
  return { fingerprint: `${ofKubernetes}${name}`, name: `kubernetes user ${name}`, isTrusted: true };
}

/**
 * How they type commands of the server: with `gitkube remote` where they have no key.
 * @param urlForm how the URL of a Remote looks
 */
export function wayOf({ fingerprint, grant }: Principal, urlForm: string): WayToServer {
  return grant || fingerprint.startsWith(ofKubernetes) ? { urlForm, program: 'gitkube remote' } : { urlForm };
}

/** A key may have another name in each Remote that lists it. */
export function principalOf({ fingerprint, comment }: AuthorizedKey): Principal {
  return { fingerprint, name: comment || 'unnamed key' };
}

/** Who asks, as this Remote calls the key: another Remote, of anybody, may list the same key under any name. */
export function principalIn(remote: Pick<Remote, 'keys'>, principal: Principal): Principal {
  const key = remote.keys.find(({ fingerprint }) => fingerprint === principal.fingerprint);
  return key ? { ...principal, ...principalOf(key) } : principal;
}
