import { GitkubeError } from '../../../base/errors.ts';
import { gitPush } from '../../../base/server-hints.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import { nameOf, type Release } from '../../git/release.ts';
import { findRelease } from '../../releases/find-release.ts';
import { versionsOf } from '../version-before.ts';
import { branchOf, moved, requireBranch, toRelease } from './of-release.ts';
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
    const branch = await branchOf(remote, repository);
    const release = await findRelease(repository, remote, number ?? before(releases, remote, branch).number);
    return {
      revision: { ...toRelease(release), branch },
      options: { noCache: false, skipDeploy: false, dryRun },
      isTentative: number === undefined,
      stillFits: async (now) => {
        await requireBranch(now, repository, branch);
        const [newest] = await repository.releases();
        if (number !== undefined || newest?.number === runs) return;
        throw moved(`${newest ? nameOf(newest) : 'nothing'} was released while this rollback waited`);
      },
    };
  },
};

/** The version before what runs. @throws ReleaseNotFound */
function before(releases: readonly Release[], { id }: Remote, branch: string): Release {
  const { before: earlier } = versionsOf(releases);
  if (earlier) return earlier;
  const [runs] = releases;
  const message = runs ? `${id} has no release before ${nameOf(runs)}` : `${id} has no release to roll back to`;
  throw new GitkubeError('ReleaseNotFound', message, {
    hint: `a rollback takes two releases: ${gitPush({ id, to: branch })}`,
  });
}
