import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { ifMissing } from './missing.ts';

const dayMs = 86_400_000;
/** It is looked at once a day, and at each start. */
const maxStepMs = dayMs;

const Mark = z.object({
  /** When it was last looked at, by the wall clock. */
  seen: z.number(),
  keptMs: z.number(),
});

export interface Kept {
  /** For the days, or longer. */
  readonly enough: boolean;
  /** This is the first look at it. */
  readonly isNew: boolean;
}

/**
 * Whether something has been kept for so many days, of which a file beside it keeps count. From one look to the next
 * counts a day at most and nothing at least: a clock that is set forward by a month, which is no reason to delete what a
 * person may want back, is no month. Nor is a month in which no server ran; then it is kept for longer.
 * @param mark the file; not written when it was enough, for there may be no room
 */
export async function look(mark: string, days: number, clock: Clock): Promise<Kept> {
  const before = parse(await readFile(mark, 'utf8').catch(ifMissing('')));
  const now = clock.now();
  const step = before ? Math.min(Math.max(now - before.seen, 0), maxStepMs) : 0;
  const keptMs = (before?.keptMs ?? 0) + step;
  const enough = keptMs >= days * dayMs;
  if (!enough) await writeFile(mark, JSON.stringify({ seen: now, keptMs }), { mode: 0o600 });
  return { enough, isNew: before === undefined };
}

/** Undefined: there is none, or it was cut off while it was written; then it begins once more. */
function parse(text: string): z.infer<typeof Mark> | undefined {
  try {
    return Mark.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
