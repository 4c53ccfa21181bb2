import { describe, expect, it } from 'vitest';
import { parseExpiry, tokenName } from './token-words.ts';

const expiry = parseExpiry({ now: () => Date.parse('2026-01-01T00:00:00Z') });

describe('when a token expires', () => {
  it.each([
    ['90d', '2026-04-01T00:00:00Z'],
    ['12h', '2026-01-01T12:00:00Z'],
    ['30m', '2026-01-01T00:30:00Z'],
    ['2030-12-31', '2030-12-31T00:00:00Z'],
    ['2030-12-31T12:00:00+02:00', '2030-12-31T10:00:00Z'],
  ])('%s is %s', (text, at) => {
    expect(expiry(text)).toBe(at);
  });

  it.each(['', '90', '90 d', '1y', 'tomorrow', '2030-02-31', '2030-13-01', '20301231', '999999d'])(
    '%j is no time',
    (text) => {
      expect(() => expiry(text)).toThrow('write it as 90d, 12h, 2030-12-31 or 2030-12-31T12:00:00Z.');
    },
  );

  it.each(['0d', '2025-12-31', '2026-01-01'])('%s is over', (text) => {
    expect(() => expiry(text)).toThrow('that is not in the future.');
  });
});

describe('the name of a token', () => {
  it('is what people type, without spaces around it', () => {
    expect(tokenName(' ci of shop ')).toBe('ci of shop');
  });

  it.each([
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['a'.repeat(129), 'it has more than 128 characters'],
    ['a\nb', 'it has a character that cannot be printed'],
    ['a\u001b[31mb', 'it has a character that cannot be printed'],
  ])('is not %j', (text, why) => {
    expect(() => tokenName(text)).toThrow(`is no name of a token: ${why}`);
  });
});
