import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Remotes } from '../remote-crd/index.ts';
import type { DeployReporter } from './deploy-reporter.ts';
import type { Repositories } from './git/repositories.ts';
import { workOnRemotes } from './work-on-remotes.ts';

export interface ReleaseStatusSyncOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly reporter: Pick<DeployReporter, 'releases'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** git processes at the same time. */
const readsAtOnce = 8;

/**
 * Reports the releases in the repositories in the status of their Remotes: at start, and of a Remote that comes later with
 * a repository that was brought back. The repository is the truth, the status only shows it.
 * @returns what ends it
 */
export function syncReleaseStatus({ repositories, reporter, ...options }: ReleaseStatusSyncOptions): () => void {
  return workOnRemotes({
    ...options,
    concurrency: readsAtOnce,
    failed: 'releases not read',
    work: async (entry) => {
      const repository = await repositories.findOf(entry);
      const releases = (await repository?.releases()) ?? [];
      const [latest] = releases;
      if (latest) reporter.releases(entry, latest.record.branch, releases);
    },
  }).end;
}
