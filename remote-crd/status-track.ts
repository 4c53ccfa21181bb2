import type { Repairs } from './status-conflict.ts';
import type { StatusFacts } from './status-facts.ts';
import type { RemoteStatus } from './status-schema.ts';

/** What is known of the status of one Remote, and of its writing. */
export interface Track {
  /** By the name of the environment. */
  readonly facts: Map<string, StatusFacts>;
  written?: RemoteStatus;
  /** The version that `written` made: as long as an older one is seen, the write is on its way back to us. */
  writtenVersion?: string;
  /** The last write failed, and is tried again. */
  failed: boolean;
  writing: boolean;
  /** Something was said since the last write began. */
  stale: boolean;
  /** Who waits until nothing is left to be written; called with false when that will not be. */
  readonly waiting: ((isWritten: boolean) => void)[];
  readonly repairs: Repairs;
}

export function newTrack(): Track {
  const repairs = { count: 0, at: Number.NEGATIVE_INFINITY };
  return { facts: new Map(), failed: false, writing: false, stale: false, waiting: [], repairs };
}

/** Whether nothing that was said is left to be written. */
export function isWritten({ stale, writing, failed }: Track): boolean {
  return !stale && !writing && !failed;
}

/** Wakes those who wait. */
export function answer(track: Track | undefined, isWritten: boolean): void {
  for (const resolve of track?.waiting.splice(0) ?? []) resolve(isWritten);
}
