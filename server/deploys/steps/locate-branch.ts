import { isZero } from '../../../hooks/commands.ts';
import { refMoved } from '../../git/ref-moved.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RevisionFacts } from './find-revision.ts';

export interface BranchFacts {
  /** Where the branch is; undefined: it is not there yet. */
  readonly current: string | undefined;
}

/** Finds where the branch is now. git's own checks come only after its hooks, and must never fail after a deploy. */
export const locateBranch: Step<DeployRequest & RevisionFacts, BranchFacts> = {
  name: 'locate-branch',
  run: async (facts) => {
    const { repository, source, revision, commit } = facts;
    const { branch, oldOid, rollbackTo, git } = revision;
    const current = await source.branchHead(branch);
    if (rollbackTo === undefined) await requireReachable(facts, current);
    if (current === undefined) {
      await repository.tryBranch({ ref: `refs/heads/${branch}`, oldOid, newOid: commit }, git);
    }
    return { current };
  },
};

/**
 * The branch has to be where the pusher believes it is. If it moved while this push waited, this push has to contain it.
 */
async function requireReachable(
  { trigger, repository, revision }: DeployRequest,
  current: string | undefined,
): Promise<void> {
  const { branch, oldOid, oid, git } = revision;
  const believed = isZero(oldOid) ? undefined : oldOid;
  if (current === believed || current === oid) return;
  if (current !== undefined && (await repository.isAncestor(current, oid, git))) return;
  throw refMoved(branch, trigger.kind === 'push');
}
