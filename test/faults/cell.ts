import type { Finished } from '../support/command.ts';
import type { FaultName } from './faults.ts';
import type { Part, World } from './world.ts';

/**
 * What a push comes to:
 * - `released`: it runs, and branch, tag, status and (if there still is one) pusher say so
 * - `refused`: nothing has changed, and the pusher reads why
 * - `cut off`: nobody could say it to the pusher; the status of the Remote says what has become of it
 * A command of `ssh … run` deploys nothing: it `ended` with an exit code of its own, or was refused or cut off.
 */
export type Outcome = 'released' | 'refused' | 'cut off' | 'ended';

/** Why a fault cannot happen in a phase, or is that of another one. */
export interface Senseless {
  readonly not: string;
}

/** A push or a rollback that is held in a phase, and goes on when it is released. */
export interface Standing {
  readonly commit: string;
  readonly pushing: Promise<Finished>;
  /** Pushes that it waits for. */
  readonly before?: readonly Promise<Finished>[];
  readonly letGo: () => void | Promise<void>;
  /** The server itself waits for an answer, which a cancel does not end: it ends what follows. */
  readonly isInServer?: true;
  /** Whether it has happened, where the branch does not say it; unset: the branch is at its commit. */
  readonly isReleased?: () => Promise<boolean>;
  /** The number of the release that it makes, for a fault that moves the branch on, or takes it away. */
  readonly release?: number;
  /** What runs unless it happens does not run on: Kubernetes leaves pods of another version until it does. */
  readonly beforeFails?: true;
  /** No deploy yet: a cancel ends the watch. */
  readonly isWatch?: true;
  /** Nobody has asked for it: it goes on once the server is there again. */
  readonly isOwn?: true;
  /** A run, which deploys nothing: its outcome, from what its client was given. */
  readonly outcomeOf?: (finished: Finished) => Outcome;
  /** Called once it is over: others leave that were there beside it. */
  readonly leave?: () => void;
}

/** Of what the rows are. */
export type Kind = 'push' | 'rollback' | 'env' | 'restart' | 'join' | 'watch' | 'run' | 'environment' | 'promotion';

/** One row of the table: a step of a deploy. */
export interface Phase {
  readonly name: string;
  /** Unset: a push. */
  readonly of?: Kind;
  /** What the push is held for, for people who read the table. */
  readonly where: string;
  readonly needs?: readonly Part[];
  /** Whether the status of the Remote has the push by now, whatever becomes of it. */
  readonly announced: boolean;
  readonly stand: (world: World) => Promise<Standing>;
  readonly expects: Readonly<Record<FaultName, Outcome | Senseless>>;
}

/** One column of the table. */
export interface Fault {
  readonly about: string;
  readonly needs?: readonly Part[];
  /** Changes of the settings of the server. */
  readonly env?: Readonly<Record<string, string>>;
  /** The pusher reads nothing more. */
  readonly clientGone?: true;
  /** How long it lasts; unset: until the push has ended. */
  readonly lastsMs?: number;
  /** The server is not there before it has ended. */
  readonly stops?: true;
  /** The Remote with all that was known of it is gone, and is another one afterwards. */
  readonly forgets?: true;
  /** Another deploy comes after it, and the status is about that one. */
  readonly followed?: true;
  /** @returns what ends it */
  readonly begin: (world: World, standing: Standing) => Promise<() => void | Promise<void>>;
}
