import { expect, it, vi } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { sweepRegularly } from './sweep-regularly.ts';

it('what is left behind is looked for at once, and every five minutes until the end', async () => {
  const [clock, over] = [new ManualClock(), new AbortController()];
  const sweep = vi.fn(async () => {});
  const sweeping = sweepRegularly(sweep, clock, over.signal);
  expect(sweep).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(clock.delays).toEqual([300_000]));
  clock.advance(300_000);
  await vi.waitFor(() => expect(sweep).toHaveBeenCalledTimes(2));
  over.abort();
  await sweeping;
  expect(sweep).toHaveBeenCalledTimes(2);
});
