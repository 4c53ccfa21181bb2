import type { Remote } from '../../remote-crd/index.ts';
import type { Principal } from './principal.ts';

/**
 * What a principal does with a Remote: fetch and inspect (`read`), change what runs (`deploy`), or end the deploys of
 * others (`operate`).
 */
export const actions = ['read', 'deploy', 'operate'] as const;

export type Action = (typeof actions)[number];

/** A key that a Remote lists may do everything with it, and so may who needs no key; no other key may do anything. */
export function may(remote: Pick<Remote, 'keys'>, { fingerprint, isTrusted }: Principal, _action: Action): boolean {
  return isTrusted ?? remote.keys.some((key) => key.fingerprint === fingerprint);
}
