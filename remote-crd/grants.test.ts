import { expect, it } from 'vitest';
import { grantsOf, keyRights, rightsWords } from './grants.ts';
import type { AccessRule } from './remote.ts';

const access: readonly AccessRule[] = [
  { keys: ['ci'], rights: ['deploy'], branches: ['dev', 'preview/*'] },
  { keys: ['ci', 'bob'], rights: ['operate'], branches: ['main'] },
  { keys: 'others', rights: ['read'] },
];

it.each([
  ['ci', 'deploy dev and preview/*; operate main', ['read', 'deploy', 'operate']],
  ['bob', 'operate main', ['read', 'operate']],
  ['ada', 'read', ['read']],
])('the key %s may %s', (key, words, may) => {
  const own = keyRights({ access }, key);
  expect(rightsWords(own)).toBe(words);
  expect(own.may).toEqual(may);
});

it('a key may do everything without spec.access, and where no entry is about it', () => {
  for (const remote of [{}, { access: access.slice(0, 2) }]) {
    expect(grantsOf(remote, 'ada')).toEqual([{ rights: ['read', 'deploy', 'operate'] }]);
    expect(rightsWords(keyRights(remote, 'ada'))).toBe('read, deploy, operate');
  }
});
