import { describe, expect, it } from 'vitest';
import { parseTime } from './flags.ts';

describe('a time on the command line', () => {
  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
  ])('%s', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each(['', '5', 'soon', '5 m', '-1s', '1.5h'])('refuses %j', (text) => {
    expect(() => parseTime(text)).toThrow('write it as 90s, 5m or 1h');
  });
});
