import { expect, it } from 'vitest';
import { PerKeyLimiter } from './per-key-limiter.ts';

it('a key has a limited number of places until it frees one, and another key has its own', () => {
  const places = new PerKeyLimiter(2, 'connections');
  const first = places.take('a');
  expect(places.take('a')).toBeDefined();
  expect(places.take('a')).toBeUndefined();
  expect(places.take('b')).toBeDefined();
  first?.();
  first?.();
  expect(places.take('a')).toBeDefined();
  expect(places.take('a')).toBeUndefined();
});
