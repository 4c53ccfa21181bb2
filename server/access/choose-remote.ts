import { GitkubeError } from '../../base/errors.ts';
import type { Remote, Remotes } from '../../remote-crd/index.ts';
import type { Access } from './access.ts';
import type { Action } from './may.ts';
import type { Principal } from './principal.ts';
import type { RemoteName } from './remote-name.ts';

export interface ChoiceParts {
  readonly access: Pick<Access, 'known' | 'authorize'>;
  readonly remotes: Pick<Remotes, 'byFingerprint' | 'elsewhere'>;
}

/**
 * The Remote that a command is about, if this key may do that with it.
 * @param name undefined: the only Remote of this key
 * @throws RemoteUnknown; ServedElsewhere; UsageInvalid when it has none or several
 */
export async function chooseRemote(
  { access, remotes }: ChoiceParts,
  name: RemoteName | undefined,
  principal: Principal,
  action: Action,
): Promise<Remote> {
  const wanted = name ?? only(remotes, principal);
  await access.known(wanted);
  return access.authorize(wanted, principal, action);
}

function only(remotes: ChoiceParts['remotes'], { fingerprint, isTrusted }: Principal): RemoteName {
  if (isTrusted)
    throw new GitkubeError('UsageInvalid', 'the command needs a Remote', { hint: 'name it: <namespace>/<remote>' });
  const own = [...remotes.byFingerprint(fingerprint), ...remotes.elsewhere(fingerprint)];
  const [first, ...others] = own;
  if (first && others.length === 0) return first;
  const ids = own.map(({ id }) => id);
  const shown = ids.length > 5 ? [...ids.slice(0, 5), '…'] : ids;
  const which = first ? `${ids.length} Remotes list this key: ${shown.join(', ')}` : 'no Remote lists this key';
  throw new GitkubeError('UsageInvalid', which, { hint: 'add the Remote to the command: <namespace>/<remote>' });
}
