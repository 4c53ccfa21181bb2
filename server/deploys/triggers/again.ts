import { GitkubeError } from '../../../base/errors.ts';
import { nameOf } from '../../git/release.ts';
import { lastRelease } from '../../releases/last-release.ts';
import { firstPush } from '../own-target.ts';
import type { Again } from '../request.ts';
import { branchOf, moved, requireBranch, toRelease } from './of-release.ts';
import type { Target, Wanted } from './trigger.ts';

export interface AgainWish {
  /** Build every image of the commit again, without any cache. */
  readonly noCache: boolean;
  /** Check everything, and change nothing. */
  readonly dryRun: boolean;
}

/**
 * What runs is to roll out again.
 * @throws ReleaseNotFound; ReleaseUnreadable
 */
export async function again(
  how: Again,
  { noCache, dryRun }: AgainWish,
  { remote, repository }: Target,
): Promise<Wanted> {
  const branch = await branchOf(remote, repository);
  const runs = lastRelease(await repository.history(), repository.environment);
  if (!runs) throw nothingRuns(remote, how);
  const { number, commit: oid } = runs;
  const recorded = { ...toRelease(runs), branch, again: how };
  const built = { ref: `refs/heads/${branch}`, branch, oid, oldOid: oid, git: {}, again: how };
  return {
    revision: noCache ? built : recorded,
    options: { noCache, skipDeploy: false, dryRun },
    // It is about what runs now: when that is another version by its turn, nobody asked for this.
    givesWay: true,
    stillFits: async (now) => {
      await requireBranch(now, repository, branch);
      const [newest] = await repository.releases();
      if (newest?.number === number) return;
      const message = `${newest ? nameOf(newest) : 'nothing'} was released while this ${how} waited`;
      // It names no release.
      throw how === 'env' || how === 'task' ? moved(message, 'type it again') : moved(message);
    },
  };
}

function nothingRuns(remote: Target['remote'], how: Again): GitkubeError {
  const what = how === 'task' ? 'run a task of' : how;
  return new GitkubeError('ReleaseNotFound', `${remote.id} has no release to ${what}`, {
    hint: [firstPush(remote), "or, when git finds everything up to date, first: git commit --allow-empty -m 'Deploy'"],
  });
}
