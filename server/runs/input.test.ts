import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Input } from './input.ts';

it.each([
  [true, 1],
  [false, 0],
])('a byte 3 of a terminal that is raw (%s) before there is a container is Ctrl-C: %i', async (isRaw, expected) => {
  const from = new PassThrough();
  let interrupted = 0;
  new Input(from, isRaw, () => interrupted++);
  from.end(Buffer.of(1, 2, 3, 4));
  await new Promise((resolve) => from.once('end', resolve));
  expect(interrupted).toBe(expected);
});
