import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { Semaphore } from '../base/semaphore.ts';
import type { RemoteEntry, Remotes } from '../remote-crd/index.ts';
import type { Announcer } from './announcer.ts';
import type { Repositories } from './git/repositories.ts';

export interface HistoryOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly repositories: Repositories;
  readonly announcer: Announcer;
  readonly log: Logger;
}

/** git processes at the same time. */
const readsAtOnce = 8;

/**
 * Tells the releases in the repositories to the status of their Remotes: at start, and of a Remote that comes later with
 * a repository that was brought back. The repository is the truth, the status only shows it.
 * @returns what ends it
 */
export function tellHistory({ remotes, repositories, announcer, log }: HistoryOptions): () => void {
  const told = new Map<string, string>();
  const places = new Semaphore(readsAtOnce);
  const ended = new AbortController();
  const tell = async (entry: RemoteEntry) => {
    if (told.get(entry.id) === entry.uid) return;
    told.set(entry.id, entry.uid);
    const leave = await places.acquire(ended.signal);
    try {
      const repository = await repositories.findOf(entry);
      const releases = (await repository?.releases()) ?? [];
      const [latest] = releases;
      if (latest) announcer.releases(entry, latest.record.branch, releases);
    } finally {
      leave();
    }
  };
  const quietly = (entry: RemoteEntry) => {
    tell(entry).catch((thrown) => {
      if (ended.signal.aborted) return;
      log.warn({ remote: entry.id, err: asGitkubeError(thrown) }, 'releases not told');
    });
  };
  for (const entry of remotes.entries()) quietly(entry);
  const unsubscribe = remotes.onChange(({ entry }) => entry && quietly(entry));
  return () => {
    unsubscribe();
    ended.abort();
  };
}
