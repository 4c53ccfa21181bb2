import { describe, expect, it } from 'vitest';
import { holderWords, identityWords, isOfTrusted, mismatchesOf, mismatchWords } from './claims.ts';

const rule = {
  name: 'github',
  rights: ['deploy'] as const,
  issuer: 'https://issuer.example.com',
  audience: 'https://git.example.com',
  claims: { repository_id: '42', ref: 'refs/heads/*' },
};
const token = { aud: 'https://git.example.com', repository_id: '42', ref: 'refs/heads/main' };

const words = (claims: object, of = rule) => mismatchesOf(of, { ...token, ...claims }).map(mismatchWords);

describe('a token', () => {
  it('fits when each claim of the entry is as it says', () => {
    expect(words({})).toEqual([]);
    expect(words({ aud: ['other', 'https://git.example.com'], ref: 'refs/heads/a/b', more: true })).toEqual([]);
  });

  it.each([
    [{ ref: 'refs/heads/' }, 'ref is refs/heads/, not refs/heads/*'],
    [{ ref: 'refs/tags/v1' }, 'ref is refs/tags/v1, not refs/heads/*'],
    [{ ref: undefined }, 'ref is missing or no text, not refs/heads/*'],
    [{ ref: ['refs/heads/main'] }, 'ref is missing or no text, not refs/heads/*'],
    [{ repository_id: '421' }, 'repository_id is 421, not 42'],
    [{ aud: 'https://other.example.com' }, 'aud is https://other.example.com, not https://git.example.com'],
    [{ aud: undefined }, 'aud is missing or no text, not https://git.example.com'],
    [{ aud: 'https://git.example.com.evil.example' }, expect.stringContaining('aud is ')],
    [{ ref: 'refs/heads\u001b[2J' }, expect.not.stringContaining('\u001b')],
  ])('with %j does not, and the claim is named', (claims, text) => {
    expect(words(claims)).toEqual([text]);
  });

  it('has numbers and truth values as text', () => {
    expect(words({ repository_id: 42 })).toEqual([]);
    expect(
      words({ ref_protected: true }, { ...rule, claims: { ...rule.claims, ref_protected: 'true' } as never }),
    ).toEqual([]);
  });

  it('has no claims that its prototype has', () => {
    expect(words({}, { ...rule, claims: { constructor: '*' } as never })).toEqual([
      'constructor is missing or no text, not *',
    ]);
  });

  it('is of somebody who is trusted when what is wrong is not who it is of', () => {
    const wrong = (claims: object) => isOfTrusted(mismatchesOf(rule, { ...token, ...claims }));
    expect(wrong({ ref: 'refs/tags/v1', aud: 'other' })).toBe(true);
    expect(wrong({ repository_id: '43' })).toBe(false);
  });

  it('says whose it is', () => {
    expect(identityWords({ sub: 'repo:a/b', repository_id: 42, ref: 'x' })).toBe('sub repo:a/b, repository_id 42');
    expect(identityWords({ ref: 'x' })).toBe('nobody');
    expect(holderWords({ actor: 'octocat', sub: 'repo:a/b' })).toBe('repo:a/b, octocat');
    expect(holderWords({})).toBe('');
  });
});
