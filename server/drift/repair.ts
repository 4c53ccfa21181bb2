import { randomBytes } from 'node:crypto';
import type { Applier } from '../../applier/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { Journal } from '../deploys/journal.ts';
import { Phases } from '../deploys/phases.ts';
import * as pipeline from '../deploys/pipeline.ts';
import type { EnvStore } from '../env/env-store.ts';
import { nameOf } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { UndoParts } from '../tasks/undo-migrations.ts';
import { releaseChanges, repairable } from './compare.ts';
import type { Drift } from './drift.ts';

export interface RepairOrder {
  readonly remote: Remote;
  readonly repository: Repository;
  readonly drift: Drift;
  readonly signal: AbortSignal;
}

export interface RepairContext {
  readonly deployer: Pick<Deployer, 'deploy' | 'restore' | 'waitUntilRestored'>;
  readonly applier: Pick<Applier, 'restore'>;
  readonly env: EnvStore;
  readonly tasks: UndoParts;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Restores workloads to their release. The caller holds the turn of the Remote. When it throws, they are what they were
 * before.
 * @returns false: nothing of what differs can be restored, because it does not exist
 */
export async function repair(context: RepairContext, order: RepairOrder): Promise<boolean> {
  const { remote, repository, drift, signal } = order;
  const { clock, log } = context;
  const { number, commit, record } = drift.release;
  const changes = repairable(releaseChanges(remote, drift.release), drift.differences);
  if (changes.length === 0) return false;
  const id = randomBytes(5).toString('hex');
  const cause = `${nameOf(drift.release)}: restored by Gitkube after somebody else had changed it`;
  const mark = { commit, release: number, pushedBy: record.by.key, cause };
  // A repair that is cut off is undone, and then seen again as drift.
  const refs = { branch: record.branch, commit, current: commit, makesRelease: false };
  const journal = new Journal(repository.folder, { id, ...refs, mark });
  const say = (line: string) => log.info({ repair: id, remote: remote.id, line }, 'repairing');
  const request = { remote, changes, mark, journal, output: { say }, phases: new Phases(clock), signal };
  await pipeline.repair.execute(request, context);
  await journal.clear();
  return true;
}
