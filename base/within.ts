import { untilAborted } from './until-aborted.ts';

/**
 * What `work` answers within `ms` milliseconds. After that its signal aborts, and `late()` is thrown; when the outer signal
 * aborts, its reason.
 */
export async function within<T>(
  ms: number,
  outer: AbortSignal,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const limit = new AbortController();
  const signal = AbortSignal.any([outer, limit.signal]);
  // Not AbortSignal.timeout: what the work has opened may live on, and must not be aborted then.
  const timer = setTimeout(() => limit.abort(), ms);
  try {
    return await untilAborted(work(signal), signal);
  } catch (thrown) {
    outer.throwIfAborted();
    throw limit.signal.aborted ? late() : thrown;
  } finally {
    clearTimeout(timer);
  }
}
