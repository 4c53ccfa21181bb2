import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { LastUses } from './last-uses.ts';

it('the use of a token is reported once on each day, in UTC', () => {
  const clock = new ManualClock({ now: Date.parse('2026-03-01T23:59:58Z') });
  const reported: unknown[] = [];
  const uses = new LastUses({ clock, status: { setTokenUse: (...said) => reported.push(said) } });
  const remote = { namespace: 'shop', name: 'web', uid: 'u1' };
  const kept = ['a', 'b'];
  for (const id of ['a', 'b', 'a']) uses.note(remote, id, kept);
  uses.note({ ...remote, uid: 'u2' }, 'a', ['a']);
  clock.advance(2000);
  for (const _ of [1, 2]) uses.note(remote, 'a', kept);
  expect(reported).toEqual([
    ['shop/web', { id: 'a', lastUsed: '2026-03-01' }, kept],
    ['shop/web', { id: 'b', lastUsed: '2026-03-01' }, kept],
    ['shop/web', { id: 'a', lastUsed: '2026-03-01' }, ['a']],
    ['shop/web', { id: 'a', lastUsed: '2026-03-02' }, kept],
  ]);
});
