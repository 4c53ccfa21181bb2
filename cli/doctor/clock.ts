import { duration } from '../../base/text.ts';
import type { Check, Finding } from './finding.ts';
import { fail, notLookedAt, ok, warn } from './finding.ts';

/** An HTTP date has no fractions of a second. */
const toleratedMs = 2000;
/** Tokens and certificates are refused from about here on. */
const harmfulMs = 60_000;

export const clock: Check = {
  name: 'clock',
  run: async ({ admin, clock: own }) => {
    if (!admin) return [notLookedAt()];
    const before = own.now();
    const { now } = await admin.serverFacts();
    const after = own.now();
    return [judgeClock((before + after) / 2, now, (after - before) / 2)];
  },
};

/**
 * @param own milliseconds since the epoch, as here, in the middle of the question
 * @param theirs as the API server says
 * @param blurMs how much earlier or later the API server may have looked: an answer that came late is no more exact than that
 */
export function judgeClock(own: number, theirs: number, blurMs = 0): Omit<Finding, 'check'> {
  if (Number.isNaN(theirs)) return warn('the API server reports no time', 'timedatectl status');
  const difference = own - theirs - 500;
  const size = Math.max(0, Math.abs(difference) - 500 - blurMs);
  if (size <= toleratedMs) return ok('agrees with that of the API server');
  const message = `is ${duration(size)} ${difference > 0 ? 'ahead of' : 'behind'} that of the API server`;
  const fix = ['on the node, type: timedatectl set-ntp true', 'timedatectl status'];
  return size <= harmfulMs ? warn(message, ...fix) : fail(message, ...fix);
}
