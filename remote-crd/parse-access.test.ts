import { describe, expect, it } from 'vitest';
import { grantsOf, keyRights } from './grants.ts';
import { type AccessEntry, readAccess } from './parse-access.ts';
import type { AuthorizedKey } from './remote.ts';

const key = (fingerprint: string, comment: string) => ({ fingerprint, comment }) as AuthorizedKey;
const keys = [key('SHA256:ada', 'ada@laptop'), key('SHA256:ci', 'ci'), key('SHA256:ci2', 'ci')];

/** What a key may do by these entries. */
function mayOf(fingerprint: string, access: readonly AccessEntry[], of = keys) {
  return keyRights(readAccess(access, of).access, fingerprint).may;
}

describe('an entry of spec.access', () => {
  it('is about the keys of a comment, or the one of a fingerprint', () => {
    const access: AccessEntry[] = [
      { keys: ['ci'], may: ['deploy'], branches: ['dev'] },
      { keys: ['SHA256:ada'], may: ['read'] },
    ];
    const read = readAccess(access, keys);
    expect(read.problems).toEqual([]);
    for (const fingerprint of ['SHA256:ci', 'SHA256:ci2']) {
      expect(grantsOf(read.access, fingerprint)).toEqual([{ rights: ['deploy'], branches: ['dev'] }]);
    }
    expect(mayOf('SHA256:ada', access)).toEqual(['read']);
  });

  it('leaves every right to a key that none is about, unless one is about all others', () => {
    expect(mayOf('SHA256:ada', [{ keys: ['ci'], may: ['read'] }])).toEqual(['read', 'deploy', 'operate']);
    const withOthers: AccessEntry[] = [
      { keys: ['ci'], may: ['deploy'] },
      { keys: ['*'], may: ['read'] },
    ];
    expect(mayOf('SHA256:ada', withOthers)).toEqual(['read']);
    expect(readAccess(undefined, keys)).toEqual({ access: {}, problems: [] });
  });
});

describe('a typo in spec.access', () => {
  const typo: AccessEntry = { keys: ['contractor'], may: ['read'] };

  it('is named, with its place', () => {
    expect(readAccess([{ keys: ['ci'], may: ['read'] }, typo], keys).problems).toEqual([
      'spec.access[1].keys names contractor, which is no comment or fingerprint of a key in spec.authorizedKeys',
    ]);
  });

  it.each<[string, AccessEntry[]]>([
    ['alone', [typo]],
    ['with an entry for all others', [typo, { keys: ['*'], may: ['deploy', 'operate'] }]],
    ['that is * beside a name', [{ keys: ['*', 'ada@laptop'], may: ['deploy', 'operate'] }]],
  ])('%s leaves a key that no entry names nothing but read', (_what, access) => {
    expect(readAccess(access, keys).problems).toHaveLength(1);
    expect(mayOf('SHA256:ci', access)).toEqual(['read']);
  });

  it('takes nothing from a key that another entry names', () => {
    expect(mayOf('SHA256:ci', [typo, { keys: ['ci'], may: ['deploy'] }])).toEqual(['read', 'deploy']);
  });
});

it('a comment that looks like the fingerprint of another key, or like *, has none of its rights', () => {
  const mallory = [...keys, key('SHA256:mallory', 'SHA256:ada'), key('SHA256:star', '*')];
  const access: AccessEntry[] = [
    { keys: ['SHA256:ada'], may: ['deploy', 'operate'] },
    { keys: ['*'], may: ['read'] },
  ];
  expect(mayOf('SHA256:mallory', access, mallory)).toEqual(['read']);
  expect(mayOf('SHA256:star', access, mallory)).toEqual(['read']);
  expect(mayOf('SHA256:ada', access, mallory)).toEqual(['read', 'deploy', 'operate']);
});
