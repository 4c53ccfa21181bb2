import type { RemoteChange, RemoteEntry, Remotes } from '../remote-crd/index.ts';

export interface RemoteFollower {
  /** A Remote is there, or has changed. */
  readonly seen: (entry: RemoteEntry) => unknown;
  /** It is gone, or another Remote has its name now: `entry` is what was known of it last. */
  readonly gone: (entry: RemoteEntry) => unknown;
}

/**
 * Reports every Remote that is there, its environments behind it, and each change. A name may be given to another Remote, a
 * uid never is: followers keep what they know by that, and by the name of the environment.
 * @returns what ends it
 */
export function followRemotes(
  remotes: Pick<Remotes, 'entries' | 'onChange'>,
  { seen, gone }: RemoteFollower,
): () => void {
  const known = new Map<string, RemoteEntry>();
  const see = ({ id, entry, gone: last = known.get(id) }: RemoteChange) => {
    if (entry) known.set(id, entry);
    else known.delete(id);
    if (last && last.uid !== entry?.uid) gone(last);
    if (entry) seen(entry);
  };
  for (const entry of remotes.entries()) see({ id: entry.id, entry });
  return remotes.onChange(see);
}

/** The same without environments, for what is about the resource. */
export function followResources(remotes: Pick<Remotes, 'entries' | 'onChange'>, follower: RemoteFollower): () => void {
  return followRemotes(remotes, {
    seen: (entry) => entry.environment === '' && follower.seen(entry),
    gone: (entry) => entry.environment === '' && follower.gone(entry),
  });
}
