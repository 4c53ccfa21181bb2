import { expect, it } from 'vitest';
import { rfc3339 } from './rfc3339.ts';

it('writes a time in UTC, without parts of a second', () => {
  expect(rfc3339(Date.parse('2027-06-30T20:30:05.999+02:00'))).toBe('2027-06-30T18:30:05Z');
});
