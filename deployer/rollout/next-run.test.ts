import { describe, expect, it } from 'vitest';
import { nextRun } from './next-run.ts';

// A Sunday.
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
    ['1-5 * * * *', '2026-03-01T11:01'],
    ['@hourly', '2026-03-01T11:00'],
  ])('with the schedule %s is known without a time zone', (schedule, expected) => {
    expect(next(schedule)).toBe(expected);
  });

  it.each([
    ['0 3 * * *', 'Etc/UTC', '2026-03-02T03:00'],
    ['30 */6 * * *', 'UTC', '2026-03-01T12:30'],
    ['0 3 * * *', 'Europe/Berlin', '2026-03-02T02:00'],
    ['0 3 * * 1', 'UTC', '2026-03-02T03:00'],
    ['0 3 15 * 5', 'UTC', '2026-03-06T03:00'],
    ['@daily', 'Asia/Kolkata', '2026-03-01T18:30'],
  ])('with the schedule %s in %s is %s', (schedule, zone, expected) => {
    expect(next(schedule, zone)).toBe(expected);
  });

  it.each(['0 3 * * *', '0 3 * * 1', '@daily'])('with the schedule %s is unknown without a time zone', (schedule) => {
    expect(next(schedule)).toBeUndefined();
  });

  it.each(['TZ=UTC 0 3 * * *', '', '99 * * * *', '0 0 30 2 *', '* * * * * *', '@every 5m'])(
    'with the schedule %j, which cannot be read or never comes, is unknown',
    (schedule) => {
      expect(next(schedule, 'UTC')).toBeUndefined();
    },
  );

  it('in a time zone that does not exist is unknown', () => {
    expect(next('* * * * *', 'Mars/Base')).toBeUndefined();
  });
});
