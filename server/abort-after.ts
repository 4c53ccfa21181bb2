import type { Clock } from '../base/clock.ts';

export interface AbortAfter extends Disposable {
  readonly signal: AbortSignal;
}

/** A signal that aborts `ms` milliseconds after another one, with its reason; disposed of, it no longer does. */
export function abortAfter(first: AbortSignal, ms: number, clock: Clock): AbortAfter {
  const late = new AbortController();
  const ended = new AbortController();
  const begin = () => {
    clock.delay(ms, ended.signal).then(
      () => late.abort(first.reason),
      () => {},
    );
  };
  if (first.aborted) begin();
  else first.addEventListener('abort', begin, { once: true });
  return {
    signal: late.signal,
    [Symbol.dispose]: () => {
      first.removeEventListener('abort', begin);
      ended.abort();
    },
  };
}
