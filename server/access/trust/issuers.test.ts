import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { Issuers } from './issuers.ts';

const issuer = 'https://issuer.example.com/ci';
const minute = 60_000;

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let kid: number;
let asked: string[];
let answer: (url: string) => Promise<Response>;
let clock: ManualClock;
let issuers: Issuers;

beforeEach(async () => {
  // jose has the time of its cache from the system.
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  keys = await generateKeyPair('ES256');
  kid = 1;
  asked = [];
  answer = published;
  vi.stubGlobal('fetch', async (url: string | URL) => {
    asked.push(String(url));
    return answer(String(url));
  });
  clock = new ManualClock();
  issuers = new Issuers([issuer], { now: () => Date.now(), monotonic: () => clock.monotonic() });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function published(url: string): Promise<Response> {
  if (url.endsWith('/.well-known/openid-configuration')) {
    return Response.json({ issuer, jwks_uri: `${issuer}/keys` });
  }
  return Response.json({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: String(kid), alg: 'ES256' }] });
}

async function sign(claims: JWTPayload = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 300;
  const jwt = new SignJWT({ iss: issuer, aud: 'x', exp, ...claims });
  return jwt.setProtectedHeader({ alg: 'ES256', kid: String(kid) }).sign(keys.privateKey);
}

async function verdict(token?: string): Promise<string> {
  const verified = await issuers.verify(issuer, token ?? (await sign()));
  return verified.kind === 'valid' ? 'valid' : `${verified.kind}: ${verified.problem}`;
}

it('its keys are asked for once in ten minutes', async () => {
  expect(await verdict()).toBe('valid');
  expect(await verdict()).toBe('valid');
  expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`]);
  vi.setSystemTime(Date.now() + 11 * minute);
  expect(await verdict()).toBe('valid');
  expect(asked).toHaveLength(3);
});

it('a key that is new is found half a minute after the last look, and strangers cause no more of them', async () => {
  expect(await verdict()).toBe('valid');
  keys = await generateKeyPair('ES256');
  kid = 2;
  expect(await verdict()).toBe('invalid: it is signed by no key of its issuer');
  expect(asked).toHaveLength(2);
  vi.setSystemTime(Date.now() + minute / 2);
  expect(await verdict()).toBe('valid');
});

it('keys that are known hold while the issuer is away', async () => {
  expect(await verdict()).toBe('valid');
  answer = () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }));
  vi.setSystemTime(Date.now() + 60 * minute);
  expect(await verdict()).toBe('valid');
});

it('an issuer that does not answer is not asked again for ten seconds', async () => {
  answer = () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }));
  expect(await verdict()).toBe(`unknown: ${issuer}: it does not say where its keys are (ECONNREFUSED)`);
  answer = published;
  expect(await verdict()).toBe(`unknown: ${issuer}: it did not answer a moment ago`);
  expect(asked).toHaveLength(1);
  clock.advance(10_000);
  expect(await verdict()).toBe('valid');
});

it.each([
  ['another name', { issuer: 'https://evil.example.com', jwks_uri: `${issuer}/keys` }, 'it calls itself https://evil'],
  ['keys without TLS', { issuer, jwks_uri: 'http://issuer.example.com/keys' }, 'its answer is no OpenID configuration'],
  ['nothing', {}, 'its answer is no OpenID configuration'],
])('an issuer whose configuration has %s is not believed', async (_, body, reason) => {
  answer = async () => Response.json(body);
  expect(await verdict()).toContain(reason);
  expect(asked).toHaveLength(1);
});

it('keys that cannot be fetched are reported, and fetched with the next token', async () => {
  answer = async (url) => (url.endsWith('/keys') ? new Response('', { status: 500 }) : published(url));
  expect(await verdict()).toMatch(/^unknown: .*its keys cannot be fetched/);
  answer = published;
  expect(await verdict()).toBe('valid');
});

it('a token for nobody, without an end, or signed by a secret is none', async () => {
  const now = Math.floor(Date.now() / 1000);
  const secret = new TextEncoder().encode('x'.repeat(32));
  const symmetric = new SignJWT({ iss: issuer, aud: 'x', exp: now + 60 }).setProtectedHeader({ alg: 'HS256' });
  expect(await verdict(await symmetric.sign(secret))).toBe('invalid: its algorithm is not accepted');
  expect(await verdict(await sign({ exp: undefined as never }))).toBe('invalid: its claim exp is missing or wrong');
  expect(await verdict(await sign({ exp: now - 31 }))).toBe('invalid: it has expired');
  expect(await verdict(await sign({ exp: now - 20 }))).toBe('valid');
  expect(await verdict(await sign({ iss: `${issuer}/` }))).toBe('invalid: its claim iss is missing or wrong');
  expect(await verdict('a.b.c')).toBe('invalid: it cannot be read');
});
