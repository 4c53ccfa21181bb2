import { expect, it } from 'vitest';
import { KeyPlaces } from './key-places.ts';

it('a key holds so many places and no more, until it gives one back; another key has its own', () => {
  const places = new KeyPlaces(2, 'connections');
  const first = places.take('a');
  expect(places.take('a')).toBeDefined();
  expect(places.take('a')).toBeUndefined();
  expect(places.take('b')).toBeDefined();
  first?.();
  first?.();
  expect(places.take('a')).toBeDefined();
  expect(places.take('a')).toBeUndefined();
});
