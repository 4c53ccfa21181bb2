import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { backOffMs } from '../base/retry.ts';
import { Semaphore } from '../base/semaphore.ts';
import type { RemoteEntry, Remotes } from '../remote-crd/index.ts';
import type { DeployReporter } from './deploy-reporter.ts';
import type { Repositories } from './git/repositories.ts';

export interface ReleaseStatusSyncOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'entry' | 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly reporter: Pick<DeployReporter, 'releases'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** git processes at the same time. */
const readsAtOnce = 8;
const backOff = { firstMs: 1000, maxMs: 300_000 };

/**
 * Tells the releases in the repositories to the status of their Remotes: at start, and of a Remote that comes later with
 * a repository that was brought back. The repository is the truth, the status only shows it.
 * @returns what ends it
 */
export function syncReleaseStatus(options: ReleaseStatusSyncOptions): () => void {
  const { remotes } = options;
  /** By id, the uid of the Remote whose releases are told, or are about to be. */
  const told = new Map<string, string>();
  const places = new Semaphore(readsAtOnce);
  const ended = new AbortController();
  const see = (entry: RemoteEntry) => {
    if (told.get(entry.id) === entry.uid) return;
    told.set(entry.id, entry.uid);
    const wanted = () => told.get(entry.id) === entry.uid && remotes.entry(entry.id)?.uid === entry.uid;
    untilTold(options, entry, places, wanted, ended.signal).catch(() => {});
  };
  for (const entry of remotes.entries()) see(entry);
  const unsubscribe = remotes.onChange(({ id, entry }) => (entry ? see(entry) : void told.delete(id)));
  return () => {
    unsubscribe();
    ended.abort();
  };
}

/** Tries until it succeeds or is no longer wanted. Rejects when `signal` aborts. */
async function untilTold(
  options: ReleaseStatusSyncOptions,
  entry: RemoteEntry,
  places: Semaphore,
  wanted: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  for (let attempt = 1; wanted(); attempt++) {
    const leave = await places.acquire(signal);
    try {
      return await tell(options, entry);
    } catch (thrown) {
      signal.throwIfAborted();
      const retryInMs = backOffMs(backOff, attempt, Math.random());
      log.warn({ remote: entry.id, err: asGitkubeError(thrown), retryInMs }, 'releases not told');
      leave();
      await clock.delay(retryInMs, signal);
    } finally {
      leave();
    }
  }
}

async function tell({ repositories, reporter }: ReleaseStatusSyncOptions, entry: RemoteEntry): Promise<void> {
  const repository = await repositories.findOf(entry);
  const releases = (await repository?.releases()) ?? [];
  const [latest] = releases;
  if (latest) reporter.releases(entry, latest.record.branch, releases);
}
