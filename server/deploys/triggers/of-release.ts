import { GitkubeError } from '../../../base/errors.ts';
import { rollbackRef } from '../../../base/release-name.ts';
import { askAboutRemote } from '../../../base/server-hints.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import type { Release } from '../../git/release.ts';
import type { Repository } from '../../git/repository.ts';
import { branchesOf } from '../branches.ts';
import { requireOwnTarget } from '../own-target.ts';
import type { RequestedRevision } from '../request.ts';

/** What triggers have in common that run a release. */

/** A release with the images that it recorded. */
export function toRelease({ number, commit, record }: Release): Omit<RequestedRevision, 'branch'> {
  const ref = rollbackRef(number, record.environment);
  return { ref, rollbackTo: number, oid: commit, oldOid: nowhere(commit), git: {} };
}

/** As git has it: zeros, as many as the name of a commit has digits. */
function nowhere(oid: string): string {
  return '0'.repeat(oid.length);
}

/** The branch that deploys. @throws UsageInvalid where the Remote deploys nothing but its environments */
export async function branchOf(remote: Remote, repository: Repository): Promise<string> {
  requireOwnTarget(remote);
  const [branch = 'main'] = (await branchesOf(remote, repository)).deploy;
  return branch;
}

/** By its time it may mean another release, or what runs already. */
const lookAgain = [
  `to see what runs now, type: ${askAboutRemote('status')}`,
  `to list the releases, type: ${askAboutRemote('releases')}`,
  'type it again, with the number of a release, if it still fits',
];

/** @throws RefMoved when another branch deploys by now */
export async function requireBranch(remote: Remote, repository: Repository, branch: string): Promise<void> {
  if ((await branchOf(remote, repository)) !== branch) throw moved(`${branch} is no longer the branch that deploys`);
}

export function moved(message: string, hint: string | readonly string[] = lookAgain): GitkubeError {
  return new GitkubeError('RefMoved', message, { hint });
}
