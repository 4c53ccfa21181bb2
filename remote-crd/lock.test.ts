import { expect, it } from 'vitest';
import { lockWords, readLock } from './lock.ts';
import { parseRemote } from './parse.ts';

const at = '2026-03-01T10:00:00Z';

it.each([
  [undefined, undefined],
  [{ other: 'x' }, undefined],
  [{ 'gitkube.sh/lock': 'release freeze' }, 'locked: release freeze'],
  [{ 'gitkube.sh/lock': '' }, 'locked: no reason given'],
  [
    { 'gitkube.sh/lock': 'freeze\u001b[2J', 'gitkube.sh/locked-by': 'ada@laptop', 'gitkube.sh/locked-at': at },
    `locked by ada@laptop since ${at}: freeze`,
  ],
])('the annotations %j are the lock %s', (annotations, words) => {
  const lock = readLock(annotations);
  expect(lock && lockWords(lock)).toBe(words);
});

it('a Remote has the lock of its annotations, whatever else those are', () => {
  const spec = { deployments: [{ name: 'www', containers: [{ name: 'app' }] }] };
  const parse = (annotations?: unknown) =>
    parseRemote({ metadata: { namespace: 'ns', name: 'app', uid: 'u', annotations }, spec });
  expect(parse({ 'gitkube.sh/lock': 'freeze', other: 'x' }).lock).toEqual({ reason: 'freeze' });
  expect(parse()).not.toHaveProperty('lock');
});
