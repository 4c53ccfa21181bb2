import { GitkubeError } from '../../base/errors.ts';
import { remoteUrl } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';

const shownReleases = 5;

/**
 * @param byPush the hint says how a push rolls back
 * @throws ReleaseNotFound with those that there are, ReleaseUnusable when its tag cannot be read
 */
export async function findRelease(
  repository: Pick<Repository, 'history' | 'release'>,
  remote: Pick<Remote, 'id'>,
  number: number,
  { byPush = false }: { readonly byPush?: boolean } = {},
): Promise<Release> {
  const found = await repository.release(number);
  if (found && 'record' in found) return found;
  if (found) {
    throw new GitkubeError('ReleaseUnusable', `the tag releases/${number} cannot be read: ${found.why}`, {
      hint: `build it again from its commit: git push -f ${remoteUrl(remote)} ${found.commit}:refs/heads/<branch>`,
    });
  }
  const { releases } = await repository.history();
  const last = releases.slice(0, shownReleases).map((one) => `releases/${one.number}`);
  const known = byPush
    ? `to roll back, type: git push ${remoteUrl(remote)} HEAD:refs/rollback/<number>; there are ${last.join(', ')}`
    : `choose one of ${last.join(', ')}`;
  throw new GitkubeError('ReleaseNotFound', `${remote.id} has no release ${number}`, {
    hint:
      last.length > 0
        ? `${known}; to list all of them, type: git ls-remote --tags ${remoteUrl(remote)}`
        : 'push the deploy branch first: nothing was released yet',
  });
}
