import { type Environment, keyOf } from './environment.ts';

/** Where the branch was for the pusher, and what it shall be. */
export interface BranchMove {
  readonly oldOid: string;
  readonly newOid: string;
}

/** A push that wants its turn. */
export interface QueueEntry {
  /** Its namespace shares the places with others. */
  readonly environment: Environment;
  readonly branch: string;
  /** False: it checks or builds only. */
  readonly deploys: boolean;
  /** Who and what, for those who wait behind: `1f3c2d4 by alice@laptop`. */
  readonly label: string;
  /** What it is, for those who wait behind; unset: a push. */
  readonly doing?: string;
  readonly move?: BranchMove;
  /** It is about what runs, as a restart: each waiting deploy of another version goes first, and it replaces none. */
  readonly givesWay?: boolean | undefined;
  /**
   * Whether this push is accepted wherever an older one would be: then the older one is out of date already. Unset: it
   * is.
   */
  readonly covers?: (older: BranchMove) => Promise<boolean>;
  /** Called when the push has to wait, and when that changes: behind whom, or for a free place. */
  readonly onWait: (reason: string) => void;
  readonly signal: AbortSignal;
}

/** Held while somebody works on a Remote. */
export interface Place extends Pick<QueueEntry, 'environment' | 'label' | 'doing'> {
  /** Called when a push waits for this place, or for any. */
  readonly giveWay?: () => void;
}

/** Whether the newer one of both makes the older one superfluous. */
export function isSameDeploy(one: QueueEntry, other: QueueEntry): boolean {
  return (
    one.deploys && other.deploys && keyOf(one.environment) === keyOf(other.environment) && one.branch === other.branch
  );
}
