import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { boundedGunzip } from './bounded-gunzip.ts';

const inflate = (body: Buffer, max: number) => {
  const [gunzip, bound] = boundedGunzip(max);
  const text = buffer(bound as Readable);
  return Promise.all([pipeline([Readable.from([body]), gunzip, bound] as never), text]).then(([, all]) => all.length);
};

it('a body is inflated up to its limit, and not a byte further', async () => {
  expect(await inflate(gzipSync(Buffer.alloc(1000)), 1000)).toBe(1000);
  await expect(inflate(gzipSync(Buffer.alloc(1001)), 1000)).rejects.toThrow('more than 1000 bytes are in the body');
  await expect(inflate(Buffer.from('no gzip'), 1000)).rejects.toThrow();
});
