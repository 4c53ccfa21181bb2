import type { Clock } from '../base/clock.ts';

/** Also for a namespace that becomes ours later, and for what of which a deletion, or the answer to a creation, was lost. */
const sweepMs = 300_000;

/** At once, and every five minutes until the signal. @param sweep never rejects */
export async function sweepRegularly(sweep: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep();
    await clock.delay(sweepMs, signal).catch(() => {});
  }
}
