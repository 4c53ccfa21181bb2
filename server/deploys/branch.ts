import { GitkubeError } from '../../base/errors.ts';
import { isZero } from '../../hooks/commands.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import type { CommitSource } from '../git/source-tree.ts';
import type { Branches, DeployCommand } from '../receive/refs.ts';

/**
 * Which branch deploys: the one that the Remote names; else the one that was released before; before the first release
 * it is open between main and master.
 */
export async function branchesOf(
  remote: Remote,
  repository: Pick<Repository, 'releases' | 'foldsCase'>,
): Promise<Branches> {
  const [latest] = await repository.releases();
  const running = latest?.record.branch;
  const { foldsCase } = repository;
  if (remote.branch !== undefined) return { deploy: [remote.branch], running, foldsCase };
  return { deploy: running === undefined ? ['main', 'master'] : [running], running, foldsCase };
}

/**
 * Where the branch is now, checked against what the pusher believed. git's own checks come only after the hooks, and
 * must never fail after a deploy. A branch that moved while this push waited is fine as long as this push contains it.
 * @throws RefMoved
 */
export async function currentCommit(
  repository: Repository,
  source: CommitSource,
  command: DeployCommand,
  quarantine: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const current = await source.branchHead(command.branch);
  const believed = isZero(command.oldOid) ? undefined : command.oldOid;
  if (current === believed || current === command.newOid) return current;
  if (current !== undefined && (await repository.isAncestor(current, command.newOid, quarantine))) return current;
  throw new GitkubeError('RefMoved', `${command.branch} moved while this push was on its way`, {
    hint: 'git fetch, look at what came in between, and push again',
  });
}

/** Whether history ends behind the commit: it was pushed from a shallow clone. */
export async function isShallow(
  repository: Repository,
  source: CommitSource,
  current: string | undefined,
  quarantine: Readonly<Record<string, string>>,
): Promise<boolean> {
  // One commit on top of what is there, as most pushes are: no need to ask.
  if (source.parents.length > 0 && source.parents.every((parent) => parent === current)) return false;
  return repository.isShallow(source.commit, quarantine);
}
