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
  for (const [index, one] of earlier.entries()) {
    if (!brought || !isAgain(brought) || !isSameVersion(brought, one)) {
      return { brought, before: brought && beforeReturn(brought, earlier.slice(index)) };
    }
    brought = one;
  }
  return { brought, before: undefined };
}

function isAgain({ record }: Release): boolean {
  return /^(?:redeploy|restart) of /.test(record.how);
}

/** Before a return neither what it was returned from, which fails, nor what it runs again. */
function beforeReturn(brought: Release, earlier: readonly Release[]): Release | undefined {
  const from = /^return from releases\/(?:[^\s/]+\/)?(\d+) /.exec(brought.record.how)?.[1];
  if (from === undefined) return earlier[0];
  const failed = earlier.find(({ number }) => `${number}` === from);
  return earlier.find((one) => !isSameVersion(one, brought) && !(failed && isSameVersion(one, failed)));
}
