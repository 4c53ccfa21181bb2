import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote, Remotes } from '../../remote-crd/index.ts';
import { may } from './may.ts';
import type { Principal } from './principal.ts';

export interface AccessContext {
  readonly remotes: Pick<Remotes, 'entry' | 'get'>;
}

/**
 * The Remote as it is now, if it is still there and still lists this key.
 * @param asked as it was when the push began
 * @throws RemoteUnknown; ServedElsewhere when another server took its namespace over
 */
export function reauthorize({ remotes }: AccessContext, principal: Principal, asked: Remote): Remote {
  const elsewhere = remotes.entry(asked.id)?.elsewhere;
  if (elsewhere) throw elsewhere.error;
  const remote = remotes.get(asked.namespace, asked.name);
  if (remote !== undefined && remote.uid !== asked.uid) {
    throw new GitkubeError('RemoteUnknown', `${asked.id} was deleted and created again`, { hint: again });
  }
  if (remote && may(remote, principal, 'deploy')) return remote;
  throw new GitkubeError('RemoteUnknown', `${asked.id} no longer accepts this key`);
}

/**
 * The last check before anything is changed: a build may have taken long. A Remote that was deleted since then lets its push
 * end; one that no longer lists the key, is no valid Remote any more, or only has the same name, does not.
 * @throws RemoteUnknown
 */
export function assertNotRevoked(context: AccessContext, principal: Principal, asked: Remote): void {
  const entry = context.remotes.entry(asked.id);
  const isDeleted = !entry || (entry.deleting && entry.uid === asked.uid);
  if (!isDeleted) reauthorize(context, principal, asked);
}
