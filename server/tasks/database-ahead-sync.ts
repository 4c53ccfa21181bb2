import type { Bus } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { WorkQueue } from '../../base/work-queue.ts';
import type { RemoteEntry, Remotes, StatusWriter } from '../../remote-crd/index.ts';
import { followRemotes } from '../follow-remotes.ts';
import type { Repositories } from '../git/repositories.ts';
import type { ServerEvent } from '../server-event.ts';
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
const backOff = { firstMs: 1000, maxMs: 300_000 };

/**
 * Shows in the status of each Remote what migrations have left: at start, after each deploy, and when its tasks change. What is
 * beside the repository is the truth.
 * @returns what ends it
 */
export function syncDatabaseAhead({ remotes, repositories, status, bus, clock, log }: DatabaseAheadSyncParts) {
  /** By uid. */
  const known = new Map<string, RemoteEntry>();
  const show = async (uid: string): Promise<undefined> => {
    const entry = known.get(uid);
    const repository = entry && (await repositories.findOf(entry));
    if (!repository) return;
    const ahead = await databaseAhead(repository, migrationsOf(entry.remote));
    if (known.has(uid)) status.setDatabaseAhead(entry.id, ahead ?? 'unreported');
  };
  const onError = (uid: string, thrown: unknown, retryInMs: number) =>
    log.warn(
      { remote: known.get(uid)?.id, err: asGitkubeError(thrown), retryInMs },
      'what migrations have left is not read',
    );
  const queue = new WorkQueue({ work: show, concurrency: readsAtOnce, backOff, onError, clock });
  const look = ({ uid }: { readonly uid: string }) => known.has(uid) && queue.add(uid);
  bus.on('migrationLeft', ({ of }) => look(of.remote));
  bus.on('deployFinished', ({ deploy }) => look(deploy.remote));
  const unsubscribe = followRemotes(remotes, {
    seen: (entry) => {
      const isNew = known.get(entry.uid)?.generation !== entry.generation;
      known.set(entry.uid, entry);
      if (isNew) queue.add(entry.uid);
    },
    gone: ({ uid }) => {
      known.delete(uid);
      queue.forget(uid);
    },
  });
  return () => {
    unsubscribe();
    void queue.end();
  };
}
