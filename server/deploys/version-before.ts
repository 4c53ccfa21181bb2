import type { Release } from '../git/release.ts';
import { isSameVersion } from './running.ts';

/** The version that runs, and the one before it. */
export interface Versions {
  /** The release that brought it: a redeploy or a restart of the same images is no other version. */
  readonly brought: Release | undefined;
  /** Undefined: there is none that can be read. */
  readonly before: Release | undefined;
}

/** @param releases newest first */
export function versionsOf([runs, ...earlier]: readonly Release[]): Versions {
  let brought = runs;
  for (const one of earlier) {
    if (!brought || !isAgain(brought) || !isSameVersion(brought, one)) return { brought, before: one };
    brought = one;
  }
  return { brought, before: undefined };
}

function isAgain({ record }: Release): boolean {
  return /^(?:redeploy|restart) of /.test(record.how);
}
