import type { LineEnd } from './answer.ts';
import type { Channel } from './channel.ts';
import { readUnused } from './unused-input.ts';

/** A terminal sends it as a byte. */
const CTRL_C = '\u0003';

/**
 * Aborts when the client has left, or has typed Ctrl-C: what it waited for may go on.
 * @param keys of a terminal that end it, too
 */
export function stopOf(
  { stdin }: Pick<Channel, 'stdin'>,
  lineEnd: LineEnd,
  left: AbortSignal,
  keys: readonly string[] = [],
): AbortSignal {
  const stop = new AbortController();
  readUnused(stdin, (typed) => {
    if (lineEnd === '\r\n' && [CTRL_C, ...keys].some((key) => typed.includes(key))) stop.abort();
  });
  return AbortSignal.any([left, stop.signal]);
}

/** A client that has left is no error. */
export function leftIs(signal: AbortSignal) {
  return (thrown: unknown): false => {
    if (!signal.aborted) throw thrown;
    return false;
  };
}
