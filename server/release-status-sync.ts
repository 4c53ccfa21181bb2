import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { WorkQueue } from '../base/work-queue.ts';
import type { RemoteEntry, Remotes } from '../remote-crd/index.ts';
import type { DeployReporter } from './deploy-reporter.ts';
import { followRemotes } from './follow-remotes.ts';
import type { Repositories } from './git/repositories.ts';

export interface ReleaseStatusSyncOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly reporter: Pick<DeployReporter, 'releases'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** git processes at the same time. */
const readsAtOnce = 8;
const backOff = { firstMs: 1000, maxMs: 300_000 };

/**
 * Reports the releases in the repositories in the status of their Remotes: at start, and of a Remote that comes later with
 * a repository that was brought back. The repository is the truth, the status only shows it.
 * @returns what ends it
 */
export function syncReleaseStatus({ remotes, repositories, reporter, clock, log }: ReleaseStatusSyncOptions) {
  /** By uid. */
  const known = new Map<string, RemoteEntry>();
  const read = async (uid: string): Promise<undefined> => {
    const entry = known.get(uid);
    const repository = entry && (await repositories.findOf(entry));
    const releases = (await repository?.releases()) ?? [];
    const [latest] = releases;
    if (entry && latest) reporter.releases(entry, latest.record.branch, releases);
  };
  const onError = (uid: string, thrown: unknown, retryInMs: number) =>
    log.warn({ remote: known.get(uid)?.id, err: asGitkubeError(thrown), retryInMs }, 'releases not read');
  const queue = new WorkQueue({ work: read, concurrency: readsAtOnce, backOff, onError, clock });
  const unsubscribe = followRemotes(remotes, {
    seen: (entry) => {
      if (known.has(entry.uid)) return;
      known.set(entry.uid, entry);
      queue.add(entry.uid);
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
