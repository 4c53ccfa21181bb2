import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';

const shownReleases = 5;

/** @throws ReleaseNotFound with those that there are, ReleaseUnusable when its tag cannot be read */
export async function findRelease(
  repository: Pick<Repository, 'history'>,
  { id }: Pick<Remote, 'id'>,
  number: number,
): Promise<Release> {
  const { releases, unreadable } = await repository.history();
  const found = releases.find((release) => release.number === number);
  if (found) return found;
  const damaged = unreadable.find((release) => release.number === number);
  if (damaged) {
    throw new GitkubeError('ReleaseUnusable', `the tag releases/${number} cannot be read: ${damaged.why}`, {
      hint: `build it again from its commit: git push -f dev ${damaged.commit}:refs/heads/<branch>`,
    });
  }
  const last = releases.slice(0, shownReleases).map((one) => `releases/${one.number}`);
  const known = `the last ones are ${last.join(', ')}; all of them: git ls-remote --tags dev`;
  throw new GitkubeError('ReleaseNotFound', `${id} has no releases/${number}`, {
    hint: last.length > 0 ? known : 'nothing was released yet',
  });
}
