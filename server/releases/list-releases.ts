import type { Release, UnreadableRelease } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';

/** What people and scripts read of a release. */
export type KeptRelease = ReadableRelease | { release: number; commit: string; problem: string };

export interface ReadableRelease {
  readonly release: number;
  readonly at: string;
  readonly branch: string;
  readonly commit: string;
  readonly by: { readonly name: string; readonly fingerprint: string };
  /** `push`, or the release that it has brought back. */
  readonly how: string;
  readonly images: readonly { readonly name: string; readonly image: string }[];
}

/** Some kilobytes for each: nobody reads more of them at once. */
const MAX_LISTED = 1000;

/** The newest first. */
export async function listReleases(repository: Pick<Repository, 'newestReleases'>): Promise<KeptRelease[]> {
  return (await repository.newestReleases(MAX_LISTED)).map(kept);
}

function kept(found: Release | UnreadableRelease): KeptRelease {
  const { number: release, commit } = found;
  if (!('record' in found)) return { release, commit, problem: found.why };
  const { at, branch, by, how, images } = found.record;
  return {
    release,
    at,
    branch,
    commit,
    by: { name: by.key, fingerprint: by.fingerprint },
    how,
    images: images.map(({ deployment, container, image }) => ({ name: `${deployment}/${container}`, image })),
  };
}
