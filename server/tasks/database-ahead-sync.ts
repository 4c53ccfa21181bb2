import type { Bus } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { Repositories } from '../git/repositories.ts';
import type { ServerEvent } from '../server-event.ts';
import { workOnRemotes } from '../work-on-remotes.ts';
import { databaseAhead, migrationsOf } from './database-ahead.ts';

export interface DatabaseAheadSyncParts {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly status: Pick<StatusWriter, 'setDatabaseAhead'>;
  readonly bus: Pick<Bus<ServerEvent>, 'on'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const readsAtOnce = 4;

/**
 * Shows in the status of each Remote what migrations have left: at start, after each deploy, and when its tasks change. What is
 * beside the repository is the truth.
 * @returns what ends it
 */
export function syncDatabaseAhead({ repositories, status, bus, ...options }: DatabaseAheadSyncParts): () => void {
  const shown = workOnRemotes({
    ...options,
    isNews: (before, now) => before.generation !== now.generation,
    concurrency: readsAtOnce,
    failed: 'what migrations have left is not read',
    work: async (entry) => {
      const repository = await repositories.findOf(entry);
      if (!repository) return;
      const ahead = await databaseAhead(repository, migrationsOf(entry.remote));
      if (shown.has(entry)) status.setDatabaseAhead(entry.id, ahead ?? 'unreported');
    },
  });
  bus.on('migrationLeft', ({ of }) => shown.again(of.remote));
  bus.on('deployFinished', ({ deploy }) => shown.again(deploy.remote));
  return shown.end;
}
