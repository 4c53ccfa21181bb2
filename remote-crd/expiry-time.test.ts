import { describe, expect, it } from 'vitest';
import { readExpiryTime } from './expiry-time.ts';

describe('readExpiryTime', () => {
  it.each([
    ['20270131', '2027-01-31T00:00:00.000Z'],
    ['20270131Z', '2027-01-31T00:00:00.000Z'],
    ['202701311830', '2027-01-31T18:30:00.000Z'],
    ['20270131183059Z', '2027-01-31T18:30:59.000Z'],
    ['20280229', '2028-02-29T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(readExpiryTime(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each(['', '2027', '2027-01-31', '20270230', '20271301', '202701312460', '20270131 ', 'never', '2027013118'])(
    'takes %j for no time',
    (text) => {
      expect(readExpiryTime(text)).toBeUndefined();
    },
  );
});
