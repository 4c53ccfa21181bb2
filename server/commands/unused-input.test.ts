import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readUnused } from './unused-input.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('input of a command that takes none', () => {
  it('is read, so that the session can end', async () => {
    const channel = new PassThrough();
    const ended = new Promise((resolve) => channel.once('end', resolve));
    readUnused(channel);
    channel.end(Buffer.alloc(60_000));
    await ended;
  });

  it('stays unread when it is much, also when it is read for two reasons', async () => {
    const channel = new PassThrough({ highWaterMark: 1024 ** 2 });
    const seen: number[] = [];
    readUnused(channel, ({ length }) => seen.push(length));
    for (let i = 0; i < 5; i++) channel.write(Buffer.alloc(20_000));
    await settled();
    readUnused(channel);
    channel.write(Buffer.alloc(20_000));
    await settled();
    expect(seen).toHaveLength(4);
    expect(channel.readableLength).toBe(40_000);
  });
});
