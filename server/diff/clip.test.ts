import { expect, it } from 'vitest';
import { clipped } from './clip.ts';
import type { FieldChange, ObjectDiff } from './object-diff.ts';

const object = (state: ObjectDiff['state'], ...changes: FieldChange[]): ObjectDiff => ({
  kind: 'Any',
  name: 'any',
  state,
  changes,
});
const many = (n: number, more: Partial<FieldChange> = {}) =>
  Array.from({ length: n }, (_, at) => ({ path: `f${at}`, ...more }));

it('objects that differ are listed with a thousand changes in all, and the differences left out are counted', () => {
  const all = [
    object('same'),
    object('changed', ...many(900)),
    object('missing'),
    object('changed', ...many(150), ...many(7, { note: 'left alone' })),
    object('changed', ...many(3)),
  ];
  const { objects, more } = clipped(all);
  expect(objects.map(({ state, changes }) => [state, changes.length])).toEqual([
    ['changed', 900],
    ['missing', 0],
    ['changed', 100],
    ['changed', 0],
  ]);
  expect(more).toBe(53);
});
