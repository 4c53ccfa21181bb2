import { describe, expect, it } from 'vitest';
import { inputWindow } from './frames.ts';
import { Input } from './input.ts';

/** What is read, in the pieces that come. */
async function readAll(input: Input): Promise<Buffer[]> {
  const read: Buffer[] = [];
  input.stream.on('data', (bytes: Buffer) => read.push(bytes));
  await new Promise((resolve) => input.stream.once('end', resolve));
  return read;
}

describe('the input of a client', () => {
  it('keeps many small pieces as a few large ones, in order', async () => {
    const input = new Input(() => {});
    const sent = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    for (const byte of sent) expect(input.push(Buffer.of(byte))).toBe(true);
    input.end();
    const read = await readAll(input);
    expect(Buffer.concat(read).equals(sent)).toBe(true);
    expect(read.length).toBeLessThan(30);
  });

  it('keeps a copy, and nothing of the chunk that it came in', async () => {
    const input = new Input(() => {});
    const chunk = Buffer.alloc(64 * 1024, 'a');
    input.push(chunk.subarray(0, 10));
    chunk.fill('b');
    input.end();
    expect(`${Buffer.concat(await readAll(input))}`).toBe('a'.repeat(10));
  });

  it('takes empty pieces, which are nothing', async () => {
    const taken: number[] = [];
    const input = new Input((bytes) => taken.push(bytes));
    for (let times = 0; times < 1000; times++) input.push(Buffer.alloc(0));
    input.push(Buffer.from('a'));
    input.push(Buffer.alloc(0));
    input.end();
    expect(`${Buffer.concat(await readAll(input))}`).toBe('a');
    expect(taken).toEqual([1]);
  });

  it('takes no more than there is room for', () => {
    const input = new Input(() => {});
    expect(input.push(Buffer.alloc(inputWindow))).toBe(true);
    expect(input.push(Buffer.alloc(1))).toBe(false);
  });
});
