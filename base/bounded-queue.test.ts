import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './bounded-queue.ts';

async function take<T>(queue: BoundedQueue<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of queue.read()) if (taken.push(item) === count) break;
  return taken;
}

describe('a bounded queue', () => {
  it('holds no more than its bound, however many write', async () => {
    const queue = new BoundedQueue<number>(3);
    let written = 0;
    const writers = Array.from({ length: 10 }, async (_, n) => {
      await queue.put(n);
      written++;
    });
    await Promise.all(writers.slice(0, 3));
    await Promise.resolve();
    expect(written).toBe(3);
    expect(await take(queue, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await Promise.all(writers);
  });

  it('releases its writers when nobody reads any more', async () => {
    const queue = new BoundedQueue<number>(1);
    const writers = [1, 2, 3].map((n) => queue.put(n));
    expect(await take(queue, 1)).toEqual([1]);
    await Promise.all(writers);
    await queue.put(4);
  });

  it('that has ended is read to its end, and one that failed is not', async () => {
    const queue = new BoundedQueue<number>(3);
    await queue.put(1);
    queue.end();
    expect(await take(queue, 9)).toEqual([1]);
    const failed = new BoundedQueue<number>(3);
    await failed.put(1);
    failed.end(new Error('broke off'));
    await expect(take(failed, 9)).rejects.toThrow('broke off');
  });
});
