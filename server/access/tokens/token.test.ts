import { expect, it } from 'vitest';
import { makeToken, readToken } from './token.ts';

it('a token is read with the id and the hash that it was made with, and no two are alike', () => {
  const [one, other] = [makeToken(), makeToken()];
  expect(one.text).toMatch(/^gk_[0-9A-Za-z]{8}_[0-9A-Za-z]{33}$/);
  expect(readToken(one.text)).toEqual({ id: one.id, hash: one.hash });
  expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
  expect([one.id, one.hash]).not.toEqual([other.id, other.hash]);
});

it.each([
  ['nothing', ''],
  ['a token that is cut off', makeToken().text.slice(0, -1)],
  ['one with a letter more', `${makeToken().text}0`],
  ['one with a line behind it', `${makeToken().text}\n`],
  ['one of something else', 'ghp_0123456789abcdefghijklmnopqrstuvwxyz'],
  ['a very long one', `gk_${'0'.repeat(100_000)}`],
])('%s is no token', (_, text) => {
  expect(readToken(text)).toBeUndefined();
});

it('a mistyped letter is found without asking anybody, nearly always', () => {
  const { text } = makeToken();
  const at = 15;
  const others = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].filter(
    (one) => one !== text[at],
  );
  const found = others.filter((one) => readToken(text.slice(0, at) + one + text.slice(at + 1)));
  expect(found.length).toBeLessThan(10);
});
