import { GitkubeError } from '../../base/errors.ts';
import { releaseName } from '../../base/release-name.ts';
import type { History, Release } from '../git/release.ts';

/**
 * What runs; undefined: nothing was released yet.
 * @throws ReleaseUnreadable when a newer one than can be read was released: it is unknown what has to run
 */
export function lastRelease(
  { releases: [release], unreadable: [unreadable] }: History,
  environment = '',
): Release | undefined {
  if (!unreadable || unreadable.number < (release?.number ?? 0)) return release;
  throw new GitkubeError(
    'ReleaseUnreadable',
    `${releaseName(unreadable.number, environment)} cannot be read: ${unreadable.why}`,
    {
      hint: "push a new commit, whose release says what has to run; to create an empty one, type: git commit --allow-empty -m 'Release again'",
    },
  );
}
