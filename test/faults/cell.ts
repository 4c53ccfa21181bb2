import type { Finished } from '../support/command.ts';
import type { FaultName } from './faults.ts';
import type { Part, World } from './world.ts';

/**
 * What a push comes to:
 * - `released`: it runs, and branch, tag, status and (if there still is one) pusher say so
 * - `refused`: nothing has changed, and the pusher reads why
 * - `cut off`: nobody could say it to the pusher; the status of the Remote says what has become of it
 */
export type Outcome = 'released' | 'refused' | 'cut off';

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
}

/** One row of the table: a step of a deploy. */
export interface Phase {
  readonly name: string;
  /** Unset: a push. */
  readonly of?: 'rollback' | 'env';
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
  /** @returns what ends it */
  readonly begin: (world: World, standing: Standing) => Promise<() => void | Promise<void>>;
}
