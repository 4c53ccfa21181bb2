import { expect, it } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { Refusals } from './refusals.ts';

/** @param at seconds, of refusals */
function lasting(at: readonly number[], { letInAt }: { readonly letInAt?: number } = {}): boolean[] {
  const clock = new ManualClock();
  const refusals = new Refusals(clock);
  let now = 0;
  return at.map((second) => {
    clock.advance((second - now) * 1000);
    const wasLetIn = letInAt !== undefined && now < letInAt && second >= letInAt;
    now = second;
    return refusals.add(wasLetIn);
  });
}

it('a watch that is refused again and again is refused for good after half a minute', () => {
  expect(lasting([0, 1, 3, 15, 31])).toEqual([false, false, false, false, true]);
});

it('a refusal is forgotten when the watch was let in since, or long ago', () => {
  expect(lasting([0, 20, 40], { letInAt: 30 })).toEqual([false, false, false]);
  expect(lasting([0, 290, 580])).toEqual([false, false, false]);
});
