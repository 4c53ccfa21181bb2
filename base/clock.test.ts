import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

afterEach(() => void vi.useRealTimers());

it('a delay longer than a timer can be is not over at once', async () => {
  vi.useFakeTimers();
  const over = vi.fn();
  void systemClock.delay(2 ** 31).then(over);
  await vi.advanceTimersByTimeAsync(1000);
  expect(over).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2 ** 31);
  expect(over).toHaveBeenCalled();
});
