import { describe, expect, it } from 'vitest';
import type { AccessRule, KeyLimits, Remote } from '../../remote-crd/index.ts';
import { denialOf, may } from './may.ts';
import type { Principal } from './principal.ts';
import type { Verb } from './verbs.ts';

const now = Date.UTC(2027, 0, 1);

function remoteOf(access: readonly AccessRule[] | undefined, limits?: readonly KeyLimits[]): Remote {
  const keys = ['ada', 'bob', 'ci'].map((fingerprint) => ({ fingerprint, ...(limits && { limits }) }));
  return { keys, ...(access && { access }) } as unknown as Remote;
}

function key(fingerprint: string, more: Partial<Principal> = {}): Principal {
  return { fingerprint, name: fingerprint, ...more };
}

describe('the rights of a key', () => {
  const access: readonly AccessRule[] = [
    { keys: ['ci'], rights: ['deploy'], branches: ['preview/*', 'dev'] },
    { keys: ['bob'], rights: ['read'] },
    { keys: ['bob'], rights: ['operate'], branches: ['main'] },
  ];

  it.each<[string, Verb, string | undefined, boolean]>([
    ['ada', 'push', 'main', true],
    ['ada', 'run', 'main', true],
    ['ci', 'fetch', undefined, true],
    ['ci', 'push', 'preview/a/b', true],
    ['ci', 'push', 'dev', true],
    ['ci', 'push', 'main', false],
    ['ci', 'push', 'preview', false],
    ['ci', 'push', 'x-preview/a', false],
    ['ci', 'rollback', 'dev', true],
    ['ci', 'rollback', 'main', false],
    ['ci', 'send', undefined, true],
    ['ci', 'cancel', 'dev', false],
    ['ci', 'withdraw', 'dev', true],
    ['ci', 'env', 'dev', false],
    ['bob', 'fetch', undefined, true],
    ['bob', 'inspect', undefined, true],
    ['bob', 'send', undefined, true],
    ['bob', 'push', 'main', false],
    ['bob', 'rollback', 'main', true],
    ['bob', 'rollback', 'dev', false],
    ['bob', 'cancel', 'main', true],
    ['bob', 'lock', 'main', true],
    ['eve', 'fetch', undefined, false],
    ['eve', 'push', 'main', false],
  ])('%s %s %s: %s', (who, verb, branch, expected) => {
    expect(may(remoteOf(access), key(who), { verb, branches: branch === undefined ? undefined : [branch] }, now)).toBe(
      expected,
    );
  });

  it('are all without spec.access', () => {
    expect(may(remoteOf(undefined), key('ci'), { verb: 'run', branches: ['main'] }, now)).toBe(true);
  });

  it('are those of * when no other entry is about the key', () => {
    const remote = remoteOf([...access, { keys: 'others', rights: ['read'] }]);
    expect(may(remote, key('ada'), { verb: 'push', branches: ['main'] }, now)).toBe(false);
    expect(may(remote, key('ci'), { verb: 'push', branches: ['dev'] }, now)).toBe(true);
    expect(may(remote, key('eve'), { verb: 'fetch' }, now)).toBe(false);
  });

  it('are enough on one of several branches', () => {
    expect(may(remoteOf(access), key('ci'), { verb: 'rollback', branches: ['main', 'dev'] }, now)).toBe(true);
  });

  it.each([
    ['*', 'anything/at/all', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*c', 'a', false],
    ['a*a', 'a', false],
    ['*-rc*', 'v1-rc2', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['release', 'release/1', false],
  ])('the pattern %s and the branch %s: %s', (pattern, branch, expected) => {
    const remote = remoteOf([{ keys: ['ci'], rights: ['deploy'], branches: [pattern] }]);
    expect(may(remote, key('ci'), { verb: 'push', branches: [branch] }, now)).toBe(expected);
  });
});

describe('the limits of a key', () => {
  const denial = (limits: readonly KeyLimits[], more?: Partial<Principal>) =>
    denialOf(remoteOf(undefined, limits), key('ci', more), { verb: 'fetch' }, now);

  it('end with its expiry-time', () => {
    expect(denial([{ expiresAt: now + 1 }])).toBeUndefined();
    expect(denial([{ expiresAt: now }])).toEqual({ kind: 'expired', at: now });
  });

  it('are the addresses of from', () => {
    expect(denial([{ from: '10.0.0.0/8' }], { address: '10.1.1.1' })).toBeUndefined();
    expect(denial([{ from: '10.0.0.0/8' }], { address: '11.1.1.1' })).toEqual({ kind: 'address' });
    expect(denial([{ from: '10.0.0.0/8' }])).toEqual({ kind: 'address' });
  });

  it('are those of one of its lines', () => {
    const lines = [{ expiresAt: now - 1 }, { from: '10.0.0.0/8' }];
    expect(denial(lines, { address: '10.1.1.1' })).toBeUndefined();
    expect(denial(lines, { address: '11.1.1.1' })).toEqual({ kind: 'address' });
  });

  it('are a touch of its security token, unless its line asks for none, and a PIN where it asks for one', () => {
    const untouched = { token: { touched: false, pinGiven: false } };
    const touched = { token: { touched: true, pinGiven: false } };
    expect(denial([{}], untouched)).toEqual({ kind: 'touch' });
    expect(denial([{}], touched)).toBeUndefined();
    expect(denial([{ needsTouch: false }], untouched)).toBeUndefined();
    expect(denial([{ needsPin: true }], touched)).toEqual({ kind: 'pin' });
    expect(denial([{ needsPin: true }], { token: { touched: true, pinGiven: true } })).toBeUndefined();
    expect(denial([{ needsPin: true }])).toBeUndefined();
  });
});
