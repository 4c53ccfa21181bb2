import { GitkubeError } from '../../../base/errors.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import type { Repository } from '../../git/repository.ts';
import { findRelease } from '../../releases/find-release.ts';
import { branchesOf } from '../branches.ts';
import type { DeployTrigger } from './trigger.ts';

export interface RollbackWish {
  /** Of the release; undefined: the one before what runs. */
  readonly number: number | undefined;
  /** Check everything, and change nothing. */
  readonly dryRun: boolean;
}

/** An older release is to run again, with the images that it recorded. */
export const rollback: DeployTrigger<'rollback', RollbackWish> = {
  kind: 'rollback',
  ask: async ({ number, dryRun }, { remote, repository }) => {
    const { releases } = await repository.history();
    const runs = releases[0]?.number;
    const release = await findRelease(repository, remote, number ?? before(releases, remote));
    const branch = await branchOf(remote, repository);
    return {
      revision: {
        ...{ branch, ref: `refs/rollback/${release.number}`, rollbackTo: release.number },
        ...{ oid: release.commit, oldOid: nowhere(release.commit), git: {} },
      },
      options: { noCache: false, skipDeploy: false, dryRun },
      isTentative: number === undefined,
      stillFits: async (now) => {
        if ((await branchOf(now, repository)) !== branch) throw moved(`${branch} is no longer the branch that deploys`);
        const [newest] = await repository.releases();
        if (number !== undefined || newest?.number === runs) return;
        throw moved(`releases/${newest?.number} was released while this rollback waited`);
      },
    };
  },
};

/** @throws ReleaseNotFound */
function before([runs, earlier]: readonly { readonly number: number }[], { id }: Remote): number {
  if (earlier) return earlier.number;
  const message = runs ? `${id} has no release before releases/${runs.number}` : `${id} has no release to roll back to`;
  throw new GitkubeError('ReleaseNotFound', message, { hint: 'a rollback takes two releases: git push dev main' });
}

async function branchOf(remote: Remote, repository: Repository): Promise<string> {
  const [branch = 'main'] = (await branchesOf(remote, repository)).deploy;
  return branch;
}

/** As git has it: zeros, as many as the name of a commit has digits. */
function nowhere(oid: string): string {
  return '0'.repeat(oid.length);
}

function moved(message: string): GitkubeError {
  return new GitkubeError('RefMoved', message, { hint: 'look at status and releases, and name the number' });
}
