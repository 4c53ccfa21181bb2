import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { WorkQueue } from '../base/work-queue.ts';
import type { RemoteEntry, Remotes } from '../remote-crd/index.ts';
import { followRemotes } from './follow-remotes.ts';

export interface RemoteWorkOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly work: (entry: RemoteEntry) => Promise<void>;
  /** Whether a change of a Remote calls for it, too; unset: no. */
  readonly isNews?: (before: RemoteEntry, now: RemoteEntry) => boolean;
  readonly concurrency: number;
  /** Logged when it fails; it is tried again. */
  readonly failed: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RemoteWork {
  /** Does it once more, for a Remote that is there. */
  again(uid: string): void;
  /** Another Remote of the same name has another uid. */
  has(uid: string): boolean;
  end(): void;
}

const backOff = { firstMs: 1000, maxMs: 300_000 };

/** Does some work for each Remote once it is there, and again when that is called for: for one Remote never twice at a time. */
export function workOnRemotes(options: RemoteWorkOptions): RemoteWork {
  const { remotes, isNews, concurrency, failed, clock, log } = options;
  /** By uid. */
  const known = new Map<string, RemoteEntry>();
  const work = async (uid: string): Promise<undefined> => {
    const entry = known.get(uid);
    if (entry) await options.work(entry);
  };
  const onError = (uid: string, thrown: unknown, retryInMs: number) =>
    log.warn({ remote: known.get(uid)?.id, err: asGitkubeError(thrown), retryInMs }, failed);
  const queue = new WorkQueue({ work, concurrency, backOff, onError, clock });
  const unsubscribe = followRemotes(remotes, {
    seen: (entry) => {
      const before = known.get(entry.uid);
      known.set(entry.uid, entry);
      if (!before || isNews?.(before, entry)) queue.add(entry.uid);
    },
    gone: ({ uid }) => {
      known.delete(uid);
      queue.forget(uid);
    },
  });
  return {
    again: (uid) => void (known.has(uid) && queue.add(uid)),
    has: (uid) => known.has(uid),
    end: () => {
      unsubscribe();
      void queue.end();
    },
  };
}
