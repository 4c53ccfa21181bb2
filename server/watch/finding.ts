import type { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';

/** What the watch of a release has come to. Releases are named by their numbers in their environment. */
export type WatchFinding =
  /** @param until milliseconds since the epoch */
  | { readonly kind: 'watching'; readonly release: number; readonly until: number }
  /** All its pods ran on. */
  | { readonly kind: 'held'; readonly release: number }
  /** Before its time: something else was deployed, or somebody has ended it. */
  | { readonly kind: 'ended'; readonly release: number; readonly why: string }
  /** It did not run on, and the release before it runs again, as release `as`. */
  | {
      readonly kind: 'returned';
      readonly release: number;
      readonly to: number;
      readonly as: number;
      readonly error: GitkubeError;
    }
  /** It did not run on, and goes on running, as the one before it could not. */
  | {
      readonly kind: 'returnFailed';
      readonly release: number;
      readonly to: number;
      readonly error: GitkubeError;
      readonly failure: GitkubeError;
    }
  /** What runs is not watched. */
  | { readonly kind: 'unwatched' };

export interface WatchEvent {
  readonly kind: 'releaseWatched';
  readonly remote: Pick<Remote, 'id' | 'uid' | 'namespace' | 'name' | 'environment'>;
  readonly finding: WatchFinding;
}
