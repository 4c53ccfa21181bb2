import { again } from '../../base/again.ts';
import type { Clock } from '../../base/clock.ts';
import { editCommand } from '../../base/edit-remote.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { type Remote, type Remotes, remoteIdOf } from '../../remote-crd/index.ts';
import type { Audit } from './audit.ts';
import { denied } from './denied.ts';
import { type Act, denialOf } from './may.ts';

export interface AccessContext {
  readonly remotes: Pick<Remotes, 'entry' | 'get'>;
  readonly audit: Pick<Audit, 'refused'>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * The Remote as it is now, if it is still there and this key may still do that with it.
 * @param asked as it was when the push began
 * @throws RemoteUnknown; AccessDenied; KeyExpired; AddressDenied; TokenUnused; ServedElsewhere when another server took its
 * namespace over
 */
export function reauthorize(context: AccessContext, act: Act, asked: Remote): Remote {
  try {
    return decide(context, act, asked);
  } catch (thrown) {
    const { reason, message } = asGitkubeError(thrown);
    // It was listed when it began.
    context.audit.refused({ ...act, remote: asked, reason, message, isListed: true });
    throw thrown;
  }
}

/**
 * Keys are in the spec of the Remote, which is watched; whether a token is still there has to be asked for.
 * @throws RemoteUnknown; ClusterUnavailable; ClusterForbidden
 */
export async function confirmToken(
  context: AccessContext,
  act: Act,
  asked: Remote,
  signal: AbortSignal,
): Promise<void> {
  const { grant } = act.principal;
  const entry = context.remotes.entry(asked.id);
  // The tokens of a Remote are deleted with it, which is looked at elsewhere.
  if (!grant || !entry || entry.deleting || (await grant.isKept(signal))) return;
  const error = new GitkubeError('RemoteUnknown', `${asked.id} no longer accepts this token`);
  context.audit.refused({ ...act, remote: asked, reason: error.reason, message: error.message, isListed: true });
  throw error;
}

function decide({ remotes, clock }: AccessContext, { principal, ...wish }: Act, asked: Remote): Remote {
  const elsewhere = remotes.entry(asked.id)?.elsewhere;
  if (elsewhere) throw elsewhere.error;
  requireEnvironment(remotes, asked);
  const remote = remotes.get(asked.id);
  if (remote !== undefined && remote.uid !== asked.uid) {
    throw createdAgain(asked.id);
  }
  const denial = remote && denialOf(remote, principal, wish, clock.now());
  if (!remote || denial?.kind === 'unlisted') {
    throw new GitkubeError('RemoteUnknown', `${asked.id} no longer accepts this ${principal.grant ? 'token' : 'key'}`);
  }
  if (denial) throw denied(remote, principal, wish, denial, clock.now());
  return remote;
}

function createdAgain(id: string): GitkubeError {
  return new GitkubeError('RemoteUnknown', `${id} was deleted and created again`, { hint: again });
}

/** One that is taken out of the spec is not deployed to any more, however long its Remote lives. @throws RemoteUnknown */
function requireEnvironment(remotes: AccessContext['remotes'], { id, environment, uid, ...asked }: Remote): void {
  const whole = remotes.entry(remoteIdOf(asked));
  if (environment === '' || remotes.entry(id) || !whole || (whole.uid === uid && whole.deleting)) return;
  if (whole.uid !== uid) throw createdAgain(id);
  throw new GitkubeError('RemoteUnknown', `${whole.id} no longer has the environment ${environment}`, {
    hint: `ask an owner of the Remote, who types: ${editCommand(asked)}`,
  });
}

/**
 * The last check before anything is changed: a build may have taken long. A Remote that was deleted since then lets its push
 * end; one that no longer lets the key do that, is no valid Remote any more, or only has the same name, does not.
 * @throws as `reauthorize`
 */
export function assertNotRevoked(context: AccessContext, act: Act, asked: Remote): void {
  const entry = context.remotes.entry(asked.id);
  requireEnvironment(context.remotes, asked);
  const isDeleted = !entry || (entry.deleting && entry.uid === asked.uid);
  if (!isDeleted) reauthorize(context, act, asked);
}
