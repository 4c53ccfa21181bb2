import { randomBytes } from 'node:crypto';
import type { Logger } from '../../base/log.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { deployRelease } from '../deploys/deploy-release.ts';
import { clearJournal } from '../deploys/journal.ts';
import type { Repository } from '../git/repository.ts';
import { releaseChanges, repairable } from './compare.ts';
import type { Drift } from './drift.ts';

export interface RepairOrder {
  readonly remote: Remote;
  readonly repository: Repository;
  readonly drift: Drift;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Sets workloads back to their release. Whoever calls holds the place of the Remote in the queue. When it throws, they
 * are what they were before.
 * @returns false: nothing of what differs can be set back, because it does not exist
 */
export async function repair(deployer: Pick<Deployer, 'deploy'>, order: RepairOrder): Promise<boolean> {
  const { remote, repository, drift, signal, log } = order;
  const { number, commit, record } = drift.release;
  const changes = repairable(releaseChanges(remote, drift.release), drift.differences);
  if (changes.length === 0) return false;
  const id = randomBytes(5).toString('hex');
  const cause = `releases/${number}: set back by Gitkube after somebody else had changed it`;
  await deployRelease(deployer, {
    id,
    remote,
    repository,
    branch: record.branch,
    commit,
    // A repair that is cut off is put back, and then seen again as drift.
    current: commit,
    makesRelease: false,
    changes,
    mark: { commit, release: number, pushedBy: record.by.key, cause },
    signal,
    say: (line) => log.info({ repair: id, remote: remote.id, line }, 'repairing'),
  });
  await clearJournal(repository.path);
  return true;
}
