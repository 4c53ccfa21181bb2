import { describe, expect, it } from 'vitest';
import { cutTo } from './cut-to.ts';
import { colors } from './paint.ts';

describe('cutTo', () => {
  it.each([
    ['short', 5, 'short'],
    ['longer', 5, 'long…'],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['e\u0301e\u0301', 2, 'e\u0301e\u0301'],
    ['a\tb', 9, 'a…'],
    ['', 1, ''],
    ['ab', 1, '…'],
  ])('makes %j in %i columns %j', (line, columns, shown) => {
    expect(cutTo(line, columns)).toBe(shown);
  });

  it('counts no style, and ends each that was begun', () => {
    const line = `a ${colors.bad('failed: long')} b`;
    expect(cutTo(line, 16)).toBe(line);
    expect(cutTo(line, 6)).toBe(`a ${colors.bad('fai…')}`);
  });
});
