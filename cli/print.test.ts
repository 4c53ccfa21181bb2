import { describe, expect, it } from 'vitest';
import { table } from '../base/table.ts';
import { age, ageOf } from './print.ts';

describe('a table', () => {
  it('is as wide as its widest cells and shows what is empty', () => {
    expect(
      table(
        ['NAME', 'URL'],
        [
          ['a-long-name', ''],
          ['b', 'ssh://x'],
        ],
      ),
    ).toEqual(['NAME          URL', 'a-long-name   -', 'b             ssh://x']);
  });

  it('shows no escape sequences that somebody wrote into a status', () => {
    expect(table(['A'], [['\u001b[31mred\u001b[0m\u0007']])[1]).toBe('red\ufffd');
  });
});

describe('an age', () => {
  // The values of kubectl's own tests.
  it.each([
    [1, '1s'],
    [70, '70s'],
    [190, '3m10s'],
    [600, '10m'],
    [47 * 60, '47m'],
    [3 * 3600 + 37 * 60, '3h37m'],
    [5 * 3600 + 5 * 60, '5h5m'],
    [36 * 3600, '36h'],
    [3 * 86_400 + 3600, '3d1h'],
    [100 * 86_400, '100d'],
    [2 * 365 * 86_400 + 86_400, '2y1d'],
    [9 * 365 * 86_400, '9y'],
  ])('of %i seconds is %s', (seconds, text) => {
    expect(age(seconds * 1000)).toBe(text);
  });

  it('of no timestamp is empty', () => {
    expect(ageOf(undefined, 0)).toBe('');
    expect(ageOf('yesterday', 0)).toBe('');
  });
});
