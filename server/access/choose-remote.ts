import { GitkubeError } from '../../base/errors.ts';
import type { Remote, Remotes } from '../../remote-crd/index.ts';
import type { Access } from './access.ts';
import type { Principal } from './principal.ts';
import type { RemoteName } from './remote-name.ts';
import { isOfBranch, type Verb } from './verbs.ts';

export interface ChoiceParts {
  readonly access: Pick<Access, 'known' | 'admit' | 'authorize'>;
  readonly remotes: Pick<Remotes, 'byFingerprint' | 'elsewhere'>;
  /** Those that deploy a Remote. */
  readonly branches: (remote: Remote) => Promise<readonly string[]>;
}

/**
 * The Remote that a command is about, if this key may do that with it.
 * @param name undefined: the only Remote of this key
 * @throws RemoteUnknown; ServedElsewhere; AccessDenied and the like; UsageInvalid when it has none or several
 */
export async function chooseRemote(
  { access, remotes, branches }: ChoiceParts,
  name: RemoteName | undefined,
  principal: Principal,
  verb: Verb,
): Promise<Remote> {
  const wanted = name ?? only(remotes, principal);
  await access.known(wanted);
  if (!isOfBranch(verb)) return access.admit(wanted, principal, { verb });
  const remote = access.authorize(wanted, principal, { verb });
  return access.admit(wanted, principal, { verb, branches: await branches(remote) });
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
