import { GitkubeError } from '../../base/errors.ts';
import { releaseName, rollbackRef } from '../../base/release-name.ts';
import { askServer, remoteUrl } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';

const shownReleases = 5;

/**
 * @param byPush the hint says how a push rolls back
 * @throws ReleaseNotFound with those that there are, ReleaseUnusable when its tag cannot be read
 */
export async function findRelease(
  repository: Pick<Repository, 'history' | 'release' | 'environment'>,
  remote: Pick<Remote, 'id'>,
  number: number,
  { byPush = false }: { readonly byPush?: boolean } = {},
): Promise<Release> {
  const { environment } = repository;
  const named = (one: number) => releaseName(one, environment);
  const found = await repository.release(number);
  if (found && 'record' in found) return found;
  if (found) {
    throw new GitkubeError('ReleaseUnusable', `the tag ${named(number)} cannot be read: ${found.why}`, {
      hint: `build it again from its commit: git push -f ${remoteUrl(remote)} ${found.commit}:refs/heads/<branch>`,
    });
  }
  const { releases } = await repository.history();
  const last = releases.slice(0, shownReleases).map((one) => one.number);
  const list = byPush ? `git ls-remote --tags ${remoteUrl(remote)}` : askServer(`releases ${remote.id}`);
  const names = last.map(named).join(', ');
  const isAre = last.length === 1 ? 'the last one is' : 'the last ones are';
  const newest = `${last.length === 1 ? 'the last release' : 'one of the last releases'} (${names})`;
  const hint = [
    byPush
      ? `to roll back to a release (${isAre} ${names}), type: git push ${remoteUrl(remote)} HEAD:${rollbackRef('<number>', environment)}`
      : `choose ${newest}`,
    `to list all releases, type: ${list}`,
  ];
  throw new GitkubeError('ReleaseNotFound', `${remote.id} has no release ${number}`, {
    hint: last.length > 0 ? hint : 'push the deploy branch first: nothing was released yet',
  });
}
