import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { WorkQueue } from '../base/work-queue.ts';
import type { RemoteEntry, Remotes } from '../remote-crd/index.ts';
import { keyOfRemote } from './deploys/environment.ts';
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

type Which = Pick<RemoteEntry, 'namespace' | 'uid' | 'environment'>;

export interface RemoteWork {
  /** Does it once more, for a Remote that is there. */
  again(remote: Which): void;
  /** Another Remote of the same name is not it. */
  has(remote: Which): boolean;
  end(): void;
}

const backOff = { firstMs: 1000, maxMs: 300_000 };

/** Does some work for each Remote, and each environment, once it is there, and again when that is called for: for one of them never twice at a time. */
export function workOnRemotes(options: RemoteWorkOptions): RemoteWork {
  const { remotes, isNews, concurrency, failed, clock, log } = options;
  /** By `keyOf` their environment. */
  const known = new Map<string, RemoteEntry>();
  const work = async (key: string): Promise<undefined> => {
    const entry = known.get(key);
    if (entry) await options.work(entry);
  };
  const onError = (key: string, thrown: unknown, retryInMs: number) =>
    log.warn({ remote: known.get(key)?.id, err: asGitkubeError(thrown), retryInMs }, failed);
  const queue = new WorkQueue({ work, concurrency, backOff, onError, clock });
  const unsubscribe = followRemotes(remotes, {
    seen: (entry) => {
      const key = keyOfRemote(entry);
      const before = known.get(key);
      known.set(key, entry);
      if (!before || isNews?.(before, entry)) queue.add(key);
    },
    gone: (entry) => {
      known.delete(keyOfRemote(entry));
      queue.forget(keyOfRemote(entry));
    },
  });
  return {
    again: (remote) => void (known.has(keyOfRemote(remote)) && queue.add(keyOfRemote(remote))),
    has: (remote) => known.has(keyOfRemote(remote)),
    end: () => {
      unsubscribe();
      void queue.end();
    },
  };
}
