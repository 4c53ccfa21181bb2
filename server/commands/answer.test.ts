import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { send } from './answer.ts';
import type { Channel } from './channel.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const unreadMs = 60_000;
const large = 'x'.repeat(1024 * 1024);

/** Sends a text to a client that reads so much in a second. */
async function sent(text: string, bytesPerSecond: number) {
  let bytes = 0;
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const seconds = chunk.length / bytesPerSecond;
      setTimeout(() => {
        bytes += chunk.length;
        done();
      }, seconds * 1000);
    },
  });
  const channel = { stdout, connection: new PassThrough() } as unknown as Channel;
  const texts = (async function* () {
    yield text;
  })();
  let isSent: boolean | undefined;
  void send(channel, texts, { left: new AbortController().signal, unreadMs }).then((result) => {
    isSent = result;
  });
  for (let times = 0; isSent === undefined && times < 1000; times++) await vi.advanceTimersByTimeAsync(10_000);
  return { isSent, bytes };
}

it('a client that reads slowly has one large text to its end, however long that takes', async () => {
  expect(await sent(large, 2048)).toEqual({ isSent: true, bytes: large.length });
});

it('a client that reads nothing for the limit is sent away', async () => {
  expect(await sent(large, 1)).toEqual({ isSent: false, bytes: 0 });
});
