import { describe, expect, it } from 'vitest';
import { nextRun } from './next-run.ts';

const now = Date.parse('2026-03-01T10:17:30Z');
const next = (schedule: string, zone?: string) => {
  const at = nextRun(schedule, zone, now);
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 16);
};

describe('the next run of a CronJob', () => {
  it.each([
    ['* * * * *', '2026-03-01T10:18'],
    ['*/15 * * * *', '2026-03-01T10:30'],
    ['17 * * * *', '2026-03-01T11:17'],
    ['5,20 * * * *', '2026-03-01T10:20'],
    ['@hourly', '2026-03-01T11:00'],
  ])('of %s is told without a time zone', (schedule, expected) => {
    expect(next(schedule)).toBe(expected);
  });

  it('at an hour is told in UTC only', () => {
    expect(next('0 3 * * *', 'Etc/UTC')).toBe('2026-03-02T03:00');
    expect(next('30 */6 * * *', 'UTC')).toBe('2026-03-01T12:30');
    expect(next('0 3 * * *')).toBeUndefined();
    expect(next('0 3 * * *', 'Europe/Berlin')).toBeUndefined();
  });

  it.each(['0 3 * * 1', '0 3 1 * *', '@daily', '1-5 * * * *', 'TZ=UTC 0 3 * * *', '', '99 * * * *'])(
    'of %j is not easy to tell',
    (schedule) => {
      expect(next(schedule, 'UTC')).toBeUndefined();
    },
  );
});
