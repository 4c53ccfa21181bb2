import { GitkubeError } from '../../base/errors.ts';
import { isZero } from '../../hooks/commands.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import type { DeployCommand } from './refs.ts';

/**
 * Which branch deploys: the one that the Remote names; else the one that was released before; before the first release
 * it is open between main and master.
 */
export async function deployBranches(remote: Remote, repository: Repository): Promise<readonly string[]> {
  if (remote.branch !== undefined) return [remote.branch];
  const heads = await repository.heads();
  if (heads.size === 0) return ['main', 'master'];
  return [await repository.headBranch()];
}

/**
 * Where the branch is now, checked against what the pusher believed. git's own checks come only after the hooks, and
 * must never fail after a deploy. A branch that moved while this push waited is fine as long as this push contains it.
 * @throws RefMoved
 */
export async function currentCommit(
  repository: Repository,
  command: DeployCommand,
  quarantine: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const current = (await repository.heads()).get(command.branch);
  const believed = isZero(command.oldOid) ? undefined : command.oldOid;
  if (current === believed || current === command.newOid) return current;
  if (current !== undefined && (await repository.isAncestor(current, command.newOid, quarantine))) return current;
  throw new GitkubeError('RefMoved', `${command.branch} moved while this push was on its way`, {
    hint: 'git fetch, look at what came in between, and push again',
  });
}
