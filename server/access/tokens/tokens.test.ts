import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import type { V1Secret } from '../../../kube/index.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { makeToken } from './token.ts';
import { encodeRecord, type TokenRecord, type TokensSecret } from './token-secret.ts';
import { Tokens } from './tokens.ts';

const remote = { namespace: 'ns', name: 'app', uid: 'u1' };
const at = '2026-01-01T00:00:00Z';
const ownedBy = (uid: string) => ({ metadata: { ownerReferences: [{ uid }] } });
const mine = ownedBy('u1');

let clock: ManualClock;
let asked: string[];
let secret: TokensSecret | undefined | GitkubeError;
let tokens: Tokens;
let used: unknown[];
const token = makeToken();

function keep(change: Partial<TokenRecord> = {}, type = 'gitkube.sh/tokens'): void {
  const record = { sha256: token.hash, name: 'ci', may: ['deploy'], at, ...change } as TokenRecord;
  secret = { ...mine, type, data: { [token.id]: encodeRecord(record) } };
}

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  keep();
  const getSecret = async (namespace: string, name: string) => {
    asked.push(`${namespace}/${name}`);
    if (secret instanceof GitkubeError) throw secret;
    return secret as V1Secret | undefined;
  };
  used = [];
  tokens = new Tokens({ kube: { getSecret }, clock, uses: { note: (...use) => used.push(use) } });
});

const who = (text = token.text) => tokens.principalOf(remote, text, '192.0.2.7');

describe('the owner of a token', () => {
  it('has its name, its address, and what the Secret of that Remote grants', async () => {
    keep({ branches: ['main'], expires: '2026-07-01T00:00:00Z' });
    expect(await who()).toMatchObject({
      ...{ fingerprint: `token:${token.id}`, name: 'ci', address: '192.0.2.7' },
      grant: {
        uid: 'u1',
        grants: [{ rights: ['deploy'], branches: ['main'] }],
        expiresAt: Date.parse('2026-07-01T00:00:00Z'),
      },
    });
    expect(asked).toEqual(['ns/gitkube-tokens-app']);
    expect(used).toEqual([[remote, token.id, [token.id]]]);
  });

  it.each([
    ['there is no Secret', () => (secret = undefined)],
    ['the Secret is for something else', () => keep({}, 'Opaque')],
    ['the Secret has another token of that id', () => keep({ sha256: '0'.repeat(64) })],
    [
      'the Secret is of an earlier Remote of that name',
      () => (secret = { ...secret, ...ownedBy('u0') } as TokensSecret),
    ],
    [
      'what is kept of it cannot be read',
      () => (secret = { ...mine, type: 'gitkube.sh/tokens', data: { [token.id]: 'e30=' } }),
    ],
  ])('is nobody where %s', async (_, arrange) => {
    arrange();
    expect(await who()).toBeUndefined();
    expect(used).toEqual([]);
  });

  it('is nobody with what is no token, for which nobody is asked', async () => {
    expect(await who('password')).toBeUndefined();
    expect(asked).toEqual([]);
  });
});

describe('the Secret', () => {
  it('is asked for once in five seconds, also by requests that come together', async () => {
    await Promise.all([who(), who()]);
    clock.advance(4999);
    await who();
    expect(asked).toHaveLength(1);
    secret = undefined;
    clock.advance(1);
    expect(await who()).toBeUndefined();
  });

  it('is asked for again whether a token is still kept, which counts from then on', async () => {
    const principal = await who();
    expect(await principal?.grant?.isKept(new AbortController().signal)).toBe(true);
    keep({ may: ['read'] });
    expect(await principal?.grant?.isKept(new AbortController().signal)).toBe(false);
    expect(await who()).toMatchObject({ grant: { grants: [{ rights: ['read'] }] } });
    expect(asked).toHaveLength(3);
  });

  it('that cannot be read refuses nobody for longer than that', async () => {
    secret = new GitkubeError('ClusterUnavailable', 'down');
    await expect(who()).rejects.toMatchObject({ reason: 'ClusterUnavailable' });
    keep();
    expect(await who()).toMatchObject({ name: 'ci' });
  });
});
