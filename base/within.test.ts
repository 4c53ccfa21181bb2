import { expect, it } from 'vitest';
import { within } from './within.ts';

const late = () => new Error('late');
const never = () => new Promise<never>(() => {});
const { signal } = new AbortController();

it('a time limit gives the answer, or the error, of work that ends in time', async () => {
  await expect(within(60_000, signal, late, async () => 1)).resolves.toBe(1);
  await expect(within(60_000, signal, late, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
});

it('a time limit ends work that does not end in time, even if that does not listen to its signal', async () => {
  let aborted = false;
  const listening = (own: AbortSignal) => {
    own.addEventListener('abort', () => {
      aborted = true;
    });
    return never();
  };
  await expect(within(5, signal, late, listening)).rejects.toThrow('late');
  expect(aborted).toBe(true);
});

it('a time limit leaves open afterwards what the work has opened', async () => {
  const opened = await within(5, signal, late, async (own) => own);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(opened.aborted).toBe(false);
});

it('a time limit ends with the reason of the signal around it', async () => {
  const outer = new AbortController();
  const work = within(60_000, outer.signal, late, never);
  outer.abort(new Error('over'));
  await expect(work).rejects.toThrow('over');
  await expect(within(60_000, outer.signal, late, async () => 1)).rejects.toThrow('over');
});
