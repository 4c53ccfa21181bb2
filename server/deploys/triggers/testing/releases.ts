import type { Release } from '../../../git/release.ts';
import type { Repository } from '../../../git/repository.ts';

export interface MadeRelease {
  /** Unset: a commit of its own. */
  readonly commit?: string;
  readonly how?: string;
  readonly image?: string;
  /** The snapshot of its env. */
  readonly env?: string;
}

export const oid = (number: number) => `${number}`.repeat(40);

/** A repository with these releases, the first one first. */
export function makeRepository(made: readonly MadeRelease[]) {
  const releases = made.map((one, index) => makeRelease(index + 1, one)).reverse();
  const repository = {
    history: async () => ({ releases, unreadable: [] }),
    releases: async () => releases,
    release: async (number: number) => releases.find((one) => one.number === number),
    foldsCase: false,
  };
  const add = () => releases.unshift(makeRelease(releases.length + 1, {}));
  return { repository: repository as unknown as Repository, add };
}

function makeRelease(
  number: number,
  { commit = oid(number), how = 'push', image = commit, env }: MadeRelease,
): Release {
  const images = [{ deployment: 'www', container: 'app', image }];
  const recorded = env === undefined ? {} : { env: { kind: 'Secret', name: 'web-env', snapshot: env } };
  return { number, commit, record: { branch: 'main', how, images, ...recorded } } as unknown as Release;
}
