import { UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Remote, RemoteEntry, TrustRule } from '../../../remote-crd/index.ts';
import { type Claims, peek, type Verified } from './issuers.ts';
import { Trust } from './trust.ts';

const issuer = 'https://issuer.example.com';
const now = Date.UTC(2026, 0, 1);
const claims: Claims = { aud: 'us', sub: 'repo:shop/app', ref: 'main' };

let rules: TrustRule[];
let verified: Verified;
let asked: string[];

beforeEach(() => {
  rules = [];
  verified = { kind: 'valid', issuer, claims };
  asked = [];
});

function entry(id: string): RemoteEntry | undefined {
  if (id !== 'shop/app') return undefined;
  return { id, remote: { id, uid: 'u1', trust: rules } as unknown as Remote } as unknown as RemoteEntry;
}

const trust = new Trust({
  issuers: {
    has: (one) => one === issuer,
    verify: async () => {
      asked.push('issuer');
      return verified;
    },
  },
  accounts: {
    review: async () => {
      asked.push('API server');
      return { kind: 'valid', account: 'ci/deployer' };
    },
  },
  remotes: { entry, entries: () => [entry('shop/app') as RemoteEntry] },
  clock: { now: () => now },
});

function token(payload: object = {}): string {
  return new UnsecuredJWT({ iss: issuer, exp: now / 1000 + 60, ...payload }).encode();
}

function judge(text = token(), id = 'shop/app') {
  return trust.judge({ id, remote: entry(id)?.remote, address: '192.0.2.7' }, text);
}

const rule = (name: string, more: object = {}): TrustRule => ({
  ...{ name, rights: ['deploy'], issuer, audience: 'us', claims: { sub: 'repo:shop/app' } },
  ...more,
});

describe('whose token it is', () => {
  it('may do what any of the entries says that it fits, by a fingerprint of this Remote', async () => {
    rules = [
      rule('all', { rights: ['read'] }),
      rule('other', { claims: { sub: 'x' } }),
      rule('main', { branches: ['main'] }),
    ];
    const found = await judge();
    expect(found).toMatchObject({
      kind: 'trusted',
      principal: {
        ...{ fingerprint: 'issuer:shop/app/all', name: 'all (repo:shop/app)', address: '192.0.2.7' },
        grant: { uid: 'u1', grants: [{ rights: ['read'] }, { rights: ['deploy'], branches: ['main'] }] },
      },
    });
    const isKept = async () => found.kind === 'trusted' && found.principal.grant?.isKept(new AbortController().signal);
    rules = [rule('new'), ...rules];
    expect(await isKept()).toBe(true);
    rules = rules.filter(({ name }) => name !== 'main');
    expect(await isKept()).toBe(false);
  });

  it('is not asked of an issuer that no Remote trusts, nor of the API server for a token that cannot be good', async () => {
    expect(await judge()).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('GITKUBE_TRUSTED_ISSUERS'),
    });
    rules = [rule('main')];
    const ofAccount = { 'kubernetes.io': {}, iss: 'https://kubernetes.default.svc' };
    for (const payload of [{ aud: 'other' }, { aud: 'gitkube', exp: 1 }, {}])
      await judge(token({ ...ofAccount, ...payload }));
    expect(asked).toEqual([]);
    await judge(token({ ...ofAccount, aud: ['gitkube'] }));
    expect(asked).toEqual(['API server']);
  });

  it('is for strangers the same where there is no such Remote', async () => {
    rules = [rule('main')];
    verified = { kind: 'valid', issuer, claims: { ...claims, sub: 'repo:evil/app' } };
    const { message = '' } = (await judge()) as { message?: string };
    expect(message).toBe('shop/app does not trust a token of sub repo:evil/app');
    expect(await judge(token(), 'shop/gone')).toMatchObject({ message: message.replace('/app', '/gone') });
  });

  it('is refused by a few entries at most, in a few words', async () => {
    rules = Array.from({ length: 20 }, (_, index) =>
      rule(`r${index}`, { claims: { sub: 'repo:shop/app', ref: 'x'.repeat(1000) } }),
    );
    const { message = '' } = (await judge()) as { message?: string };
    expect(message).toContain('ref is main, not xxx');
    expect(message.length).toBeLessThan(1100);
  });
});

it.each([1, null, {}, [], true])('an issuer that is %j is none', (iss) => {
  const payload = Buffer.from(JSON.stringify({ iss })).toString('base64url');
  expect(peek(`e30.${payload}.`, now)).toBeUndefined();
});
