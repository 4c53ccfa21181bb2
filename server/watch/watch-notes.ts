import type { GitkubeError } from '../../base/errors.ts';
import { clearFailure, noteFailure } from './failure-note.ts';
import { noteUnwatched } from './unwatched-note.ts';

/** What the next start has to know of a release that is watched, and its tag does not say. */
export interface WatchNotes {
  /** It does not run on, and is to be returned from. */
  readonly failed: (error: GitkubeError) => Promise<void>;
  /** Its return is over, or is not wanted any more. */
  readonly settled: () => Promise<void>;
  /** Somebody has cancelled its watch or its return. */
  readonly unwatched: () => Promise<void>;
}

/** @param findFolder of the repository; undefined: it is gone, and there is nothing to note */
export function watchNotes(release: number, findFolder: () => Promise<string | undefined>): WatchNotes {
  const inFolder = async (write: (folder: string) => Promise<void>) => {
    const folder = await findFolder();
    if (folder !== undefined) await write(folder);
  };
  return {
    failed: (error) => inFolder((folder) => noteFailure(folder, release, error)),
    settled: () => inFolder(clearFailure),
    unwatched: () => inFolder((folder) => noteUnwatched(folder, release)),
  };
}
