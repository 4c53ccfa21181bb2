import { expect, it, vi } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { sayWhile } from './say-while.ts';

it('a line is printed every five seconds until the work ends', async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const work = Promise.withResolvers<number>();
  const line = (seconds: number) => `${seconds} s`;
  const result = sayWhile(work.promise, { clock, say: (text) => lines.push(text), line });
  for (const said of [['5 s'], ['5 s', '10 s']]) {
    clock.advance(4999);
    clock.advance(1);
    await vi.waitFor(() => expect(lines).toEqual(said));
    await vi.waitFor(() => expect(clock.pending).toBe(1));
  }
  work.resolve(7);
  expect(await result).toBe(7);
  expect(clock.pending).toBe(0);
});
