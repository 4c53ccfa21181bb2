import { describe, expect, it } from 'vitest';
import { parseAuthorizedKeys } from '../../remote-crd/index.ts';
import { sshKeys } from '../../test/support/ssh-keys.ts';
import { chooseKey, replaceEntries, withoutKeys } from './key-changes.ts';

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
    expect(replaceEntries({ entries: [alice], resourceVersion: '7' }, [bob])[0]).toEqual({
      op: 'test',
      path: '/spec/authorizedKeys',
      value: [alice],
    });
  });

  it('is refused unless the version is the one that was read without keys', () => {
    expect(replaceEntries({ entries: undefined, resourceVersion: '7' }, [bob])[0]).toEqual({
      op: 'test',
      path: '/metadata/resourceVersion',
      value: '7',
    });
  });
});
