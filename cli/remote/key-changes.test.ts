import { describe, expect, it } from 'vitest';
import { type AccessEntry, parseAuthorizedKeys } from '../../remote-crd/index.ts';
import { sshKeys } from '../../test/support/ssh-keys.ts';
import { chooseKey, keyLine, replaceKeys, withoutKeys } from './key-changes.ts';

const alice = `ssh-ed25519 ${sshKeys.ed25519.base64} alice`;
const bob = `ecdsa-sha2-nistp256 ${sshKeys.ecdsa256.base64} bob`;
const gone = new Set([sshKeys.ed25519.fingerprint]);

describe('a key that is removed', () => {
  it('leaves every other line as it is', () => {
    expect(withoutKeys([`# team\n${alice}\n\n${bob}\nssh-dss nonsense\n`], gone)).toEqual([
      `# team\n\n${bob}\nssh-dss nonsense\n`,
    ]);
  });

  it('has its entry removed when nothing else is in it', () => {
    expect(withoutKeys([`${alice}\n`, bob], gone)).toEqual([bob]);
    expect(withoutKeys([`# alice\n${alice}\n`], gone)).toEqual([]);
  });

  it('is removed anywhere in an entry, also with options and quotes', () => {
    expect(withoutKeys([`restrict ${alice}`, `"${alice}"`, alice, bob], gone)).toEqual([bob]);
  });
});

describe('the key that a user names', () => {
  const { keys } = parseAuthorizedKeys([alice, bob, `ssh-rsa ${sshKeys.rsa.base64} bob`]);

  it.each([sshKeys.ed25519.fingerprint, sshKeys.ed25519.fingerprint.slice(7), 'alice'])('is found by %s', (name) => {
    expect(chooseKey(keys, name).comment).toBe('alice');
  });

  it('is refused when it is ambiguous', () => {
    expect(() => chooseKey(keys, 'bob')).toThrow('2 keys have the comment bob');
    expect(() => chooseKey(keys, 'ali')).toThrow('no key has the fingerprint or comment ali');
    expect(() => chooseKey(keys, '')).toThrow('no key has');
  });
});

describe('the patch of the keys', () => {
  it('is refused unless the keys are those that were read', () => {
    const before = { authorizedKeys: [alice], access: undefined, resourceVersion: '7' };
    expect(replaceKeys(before, { authorizedKeys: [bob], access: [] })).toEqual([
      { op: 'test', path: '/spec/authorizedKeys', value: [alice] },
      { op: 'replace', path: '/spec/authorizedKeys', value: [bob] },
    ]);
  });

  it('is refused unless the version is the one that was read without keys', () => {
    const before = { authorizedKeys: undefined, access: undefined, resourceVersion: '7' };
    const access: AccessEntry[] = [{ keys: ['bob'], may: ['read'] }];
    expect(replaceKeys(before, { authorizedKeys: [bob], access })).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/spec/authorizedKeys', value: [bob] },
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/spec/access', value: access },
    ]);
  });

  it('is refused unless the access is what was read, and leaves no empty list of it', () => {
    const access: AccessEntry[] = [{ keys: ['alice'], may: ['read'] }];
    const before = { authorizedKeys: [alice, bob], access, resourceVersion: '7' };
    expect(replaceKeys(before, { authorizedKeys: [bob], access: [] }).slice(2)).toEqual([
      { op: 'test', path: '/spec/access', value: access },
      { op: 'remove', path: '/spec/access' },
    ]);
    expect(replaceKeys(before, { authorizedKeys: [bob], access }).slice(2)).toEqual([
      { op: 'test', path: '/spec/access', value: access },
    ]);
  });
});

it('a key is written with its options, which limit it', () => {
  const line = `from="10.0.0.0/8, !10.6.6.6",restrict ${alice}`;
  expect(parseAuthorizedKeys([line]).keys.map(keyLine)).toEqual([line]);
  expect(parseAuthorizedKeys([alice]).keys.map(keyLine)).toEqual([alice]);
});
