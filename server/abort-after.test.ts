import { expect, it } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { abortAfter } from './abort-after.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('abortAfter aborts the given time after the first signal, with its reason', async () => {
  const clock = new ManualClock();
  const first = new AbortController();
  using late = abortAfter(first.signal, 1000, clock);
  clock.advance(5000);
  first.abort('SIGTERM');
  clock.advance(999);
  await turn();
  expect(late.signal.aborted).toBe(false);
  clock.advance(1);
  await turn();
  expect(late.signal.reason).toBe('SIGTERM');
});

it('abortAfter counts from now when the first signal has aborted before', async () => {
  const clock = new ManualClock();
  using late = abortAfter(AbortSignal.abort(), 1000, clock);
  clock.advance(1000);
  await turn();
  expect(late.signal.aborted).toBe(true);
});

it('abortAfter leaves no timer behind', async () => {
  const clock = new ManualClock();
  const late = abortAfter(AbortSignal.abort(), 1000, clock);
  late[Symbol.dispose]();
  await turn();
  expect(clock.pending).toBe(0);
  expect(late.signal.aborted).toBe(false);
});
