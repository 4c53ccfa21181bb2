import { expect, it } from 'vitest';
import { Semaphore } from './semaphore.ts';

const { signal } = new AbortController();

it('a semaphore lets in as many as it has places, in the order they came', async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const release = await semaphore.acquire(signal);
  expect(semaphore.busy).toBe(true);
  const others = ['a', 'b'].map(async (name) => {
    const done = await semaphore.acquire(signal);
    order.push(name);
    done();
  });
  expect(order).toEqual([]);
  release();
  await Promise.all(others);
  expect(order).toEqual(['a', 'b']);
  expect(semaphore.busy).toBe(false);
});

it('a semaphore forgets a party that stops waiting', async () => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire(signal);
  const impatient = new AbortController();
  const waiting = semaphore.acquire(impatient.signal);
  impatient.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  release();
  release();
  await semaphore.acquire(signal);
  expect(semaphore.busy).toBe(true);
});

it('a party that waits for many places does not hold up another one', async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const release = await semaphore.acquire(signal, 'a');
  const all = ['a1', 'a2', 'a3', 'b1'].map(async (name) => {
    const done = await semaphore.acquire(signal, name.slice(0, 1));
    order.push(name);
    done();
  });
  release();
  await Promise.all(all);
  expect(order).toEqual(['b1', 'a1', 'a2', 'a3']);
});
