import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../remote-crd/index.ts';
import { wantedAccess, withAccess, withoutKeysOf } from './key-access.ts';

const ada = { fingerprint: 'SHA256:ada', comment: 'ada@laptop' };
const ci = { fingerprint: 'SHA256:ci', comment: 'ci' };
const otherCi = { fingerprint: 'SHA256:ci2', comment: 'ci' };
const unnamed = { fingerprint: 'SHA256:x', comment: '' };

describe('--may and --branch', () => {
  it('are the rights, and the branches that they are about', () => {
    expect(wantedAccess(undefined, [])).toBeUndefined();
    expect(wantedAccess('operate, read,read', [])).toEqual({ may: ['read', 'operate'] });
    expect(wantedAccess('deploy', ['main', 'preview/*', 'main'])).toEqual({
      may: ['deploy'],
      branches: ['main', 'preview/*'],
    });
  });

  it.each([
    ['push', '--may has push'],
    ['', '--may has an empty word'],
    ['read,', '--may has an empty word'],
  ])('%j is refused', (may, message) => {
    expect(() => wantedAccess(may, [])).toThrow(message);
  });

  it('a branch without a right is refused', () => {
    expect(() => wantedAccess(undefined, ['main'])).toThrow('--branch needs --may');
  });
});

describe('the access of a key that is added', () => {
  it('is an entry of its own, by fingerprint', () => {
    expect(withAccess([], [ci, unnamed], { may: ['deploy'], branches: ['dev'] })).toEqual([
      { keys: ['SHA256:ci', 'SHA256:x'], may: ['deploy'], branches: ['dev'] },
    ]);
  });

  it('replaces what was said of it before, and nothing of other keys', () => {
    const before: AccessEntry[] = [
      { keys: ['SHA256:ci', 'ada@laptop'], may: ['deploy'] },
      { keys: ['SHA256:ci'], may: ['operate'] },
    ];
    expect(withAccess(before, [ci], { may: ['read'] })).toEqual([
      { keys: ['ada@laptop'], may: ['deploy'] },
      { keys: ['SHA256:ci'], may: ['read'] },
    ]);
  });

  it('is refused where an entry is about the comment that the Remote has for it', () => {
    const before: AccessEntry[] = [{ keys: ['ci'], may: ['deploy', 'operate'] }];
    const elsewhere = { ...ci, comment: 'root@build' };
    expect(() => withAccess(before, [elsewhere], { may: ['read'] }, [ci])).toThrow(
      'spec.access[0] is about ci already',
    );
  });

  it('is refused where an entry is about its comment', () => {
    const before: AccessEntry[] = [
      { keys: ['*'], may: ['read'] },
      { keys: ['ci'], may: ['deploy'] },
    ];
    expect(() => withAccess(before, [ci], { may: ['read'] })).toThrow('spec.access[1] is about ci already');
  });
});

describe('the access of a key that is removed', () => {
  const before: AccessEntry[] = [
    { keys: ['ci', 'ada@laptop'], may: ['deploy'] },
    { keys: ['SHA256:ci'], may: ['operate'] },
    { keys: ['*'], may: ['read'] },
  ];

  it('goes with it', () => {
    expect(withoutKeysOf(before, [ci], [ada])).toEqual([
      { keys: ['ada@laptop'], may: ['deploy'] },
      { keys: ['*'], may: ['read'] },
    ]);
  });

  it.each(['*', 'SHA256:ada', ''])('takes no other name with it when its comment is %j', (comment) => {
    const others: AccessEntry[] = [
      { keys: ['*'], may: ['read'] },
      { keys: ['SHA256:ada'], may: ['deploy'] },
    ];
    expect(withoutKeysOf(others, [{ fingerprint: 'SHA256:eve', comment }], [ada])).toEqual(others);
  });

  it('stays where it is that of another key with the same comment', () => {
    expect(withoutKeysOf(before, [ci], [otherCi])).toEqual([before[0], before[2]]);
  });
});
