import type { Clock } from './clock.ts';

export interface SayWhile {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** About the seconds so far. */
  readonly line: (seconds: number) => string;
  /** Milliseconds between two lines; unset: 5 s. */
  readonly everyMs?: number;
}

/** The outcome of `work`; as long as that takes, a line every few seconds. */
export async function sayWhile<T>(work: Promise<T>, { clock, say, line, everyMs = 5000 }: SayWhile): Promise<T> {
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
