import type { Clock } from '../../base/clock.ts';
import type { Say } from '../types.ts';

const everyMs = 5000;

/** The outcome of `work`; as long as that takes, a line every few seconds. @param line about the seconds so far */
export async function sayWhile<T>(
  work: Promise<T>,
  { clock, say, line }: { clock: Clock; say: Say; line: (seconds: number) => string },
): Promise<T> {
  const over = new AbortController();
  const talk = async () => {
    for (let ms = everyMs; ; ms += everyMs) {
      await clock.delay(everyMs, over.signal);
      say(line(ms / 1000));
    }
  };
  talk().catch(() => {});
  try {
    return await work;
  } finally {
    over.abort();
  }
}
