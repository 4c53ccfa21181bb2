import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Remotes } from '../../remote-crd/index.ts';
import { look } from '../git/kept-time.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import type { RepositoryOwner } from './repository-owner.ts';

export interface OrphansOptions {
  readonly remotes: Pick<Remotes, 'entry' | 'entries' | 'healthy' | 'synced' | 'serves'>;
  readonly repositories: Pick<Repositories, 'all' | 'find'>;
  readonly keeper: Pick<RepositoryOwner, 'archive'>;
  readonly days: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const MARK = 'gitkube-orphan';

/**
 * Repositories whose Remote is gone although no finalizer reported it. That may be a mistake (another cluster, another
 * data folder), so they are marked and logged, and put into the trash only when that holds for as many days as the trash
 * keeps them. Nothing is moved while the cluster shows no Remote at all.
 * @returns false when what is known of Remotes may be old: nothing was looked for
 */
export async function lookForOrphans(options: OrphansOptions): Promise<boolean> {
  const { remotes, repositories } = options;
  if (!remotes.synced || !remotes.healthy) return false;
  for (const { namespace, name } of await repositories.all()) {
    if (!remotes.serves(namespace)) continue;
    const repository = await repositories.find(namespace, name);
    if (!repository) continue;
    const owner = remotes.entry(`${namespace}/${name}`)?.uid;
    if (owner !== undefined && (repository.owner ?? owner) === owner) await rm(markOf(repository), { force: true });
    else await lookAtOrphan(options, { namespace, name, repository });
  }
  return true;
}

async function lookAtOrphan(
  { remotes, keeper, days, clock, log }: OrphansOptions,
  { namespace, name, repository }: { namespace: string; name: string; repository: Repository },
): Promise<void> {
  const id = `${namespace}/${name}`;
  const { enough, isNew } = await look(markOf(repository), days, clock);
  if (isNew) log.warn({ remote: id, days }, 'a repository has no Remote: it goes into the trash after these days');
  if (isNew || !enough || remotes.entries().length === 0) return;
  await rm(markOf(repository), { force: true });
  await keeper.archive({ namespace, name, uid: repository.owner ?? '' });
}

function markOf(repository: Repository): string {
  return join(repository.path, MARK);
}
