import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../base/log.ts';
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
  const times = { now: () => Date.now(), monotonic: () => clock.monotonic() };
  issuers = new Issuers([issuer], { clock: times, log: silentLogger });
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

const away = () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }));

/** Both clocks go on. */
function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
  clock.advance(ms);
}

it('keys that are known hold while the issuer is away, for a day, and it is asked once in ten seconds', async () => {
  expect(await verdict()).toBe('valid');
  answer = away;
  pass(60 * minute);
  for (let token = 0; token < 5; token++) expect(await verdict()).toBe('valid');
  expect(asked).toHaveLength(3);
  pass(10_000);
  expect(await verdict()).toBe('valid');
  expect(asked).toHaveLength(4);
  pass(24 * 60 * minute);
  expect(await verdict()).toBe(`unknown: ${issuer}: its keys cannot be fetched (ECONNREFUSED)`);
});

it('an issuer that does not answer is not asked again for ten seconds', async () => {
  answer = away;
  expect(await verdict()).toBe(`unknown: ${issuer}: its keys cannot be fetched (ECONNREFUSED)`);
  answer = published;
  expect(await verdict()).toBe(`unknown: ${issuer}: its keys cannot be fetched (ECONNREFUSED)`);
  expect(asked).toHaveLength(1);
  pass(10_000);
  expect(await verdict()).toBe('valid');
});

it('an issuer that moves its keys is asked again where they are', async () => {
  expect(await verdict()).toBe('valid');
  answer = async (url) => {
    if (url.endsWith('/keys')) return new Response('', { status: 404 });
    if (url.endsWith('/moved')) return published(`${issuer}/keys`);
    return Response.json({ issuer, jwks_uri: `${issuer}/moved` });
  };
  keys = await generateKeyPair('ES256');
  kid = 2;
  pass(11 * minute);
  await verdict();
  pass(10_000);
  expect(await verdict()).toBe('valid');
});

it.each([
  ['another name', { issuer: 'https://evil.example.com', jwks_uri: `${issuer}/keys` }, 'is that of another one'],
  ['keys without TLS', { issuer, jwks_uri: 'http://issuer.example.com/keys' }, 'its answer is no OpenID configuration'],
  ['nothing', {}, 'its answer is no OpenID configuration'],
])('an issuer whose configuration has %s is not believed', async (_, body, reason) => {
  answer = async () => Response.json(body);
  expect(await verdict()).toContain(reason);
  expect(asked).toHaveLength(1);
});

it('an answer that is no JSON, or endless, is not repeated, nor read to its end', async () => {
  answer = async () => new Response('SECRET\u001b[2J');
  expect(await verdict()).toBe(
    `unknown: ${issuer}: its keys cannot be fetched (its answer is no OpenID configuration)`,
  );
  pass(10_000);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100_000)) });
  answer = async () => new Response(endless);
  expect(await verdict()).toContain('its answer has more than 1048576 bytes');
});

it('keys that cannot be fetched are reported, and fetched ten seconds later', async () => {
  answer = async (url) => (url.endsWith('/keys') ? new Response('', { status: 500 }) : published(url));
  expect(await verdict()).toMatch(/^unknown: .*its keys cannot be fetched/);
  answer = published;
  pass(10_000);
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
