import type { StatusFacts } from './status.ts';
import type { Repairs } from './status-conflict.ts';
import type { RemoteStatus } from './status-schema.ts';

/** What is known of the status of one Remote, and of its writing. */
export interface Track {
  facts: StatusFacts;
  written?: RemoteStatus;
  /** The version that `written` made: as long as an older one is seen, the write is on its way back to us. */
  writtenVersion?: string;
  failures: number;
  writing: boolean;
  /** Something was said since the last write began. */
  stale: boolean;
  /** Who waits until nothing is left to be written; called with false when that will not be. */
  readonly waiting: ((isWritten: boolean) => void)[];
  readonly repairs: Repairs;
  repairPlanned: boolean;
}

export function newTrack(): Track {
  const none = { repairs: { count: 0, at: Number.NEGATIVE_INFINITY }, repairPlanned: false };
  return { facts: {}, failures: 0, writing: false, stale: false, waiting: [], ...none };
}

/** Whether nothing that was said is left to be written. */
export function isWritten({ stale, writing, failures }: Track): boolean {
  return !stale && !writing && failures === 0;
}

/** Tells those who wait. */
export function answer(track: Track | undefined, isWritten: boolean): void {
  for (const resolve of track?.waiting.splice(0) ?? []) resolve(isWritten);
}
