import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { send } from './answer.ts';
import type { Channel } from './channel.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const unreadMs = 60_000;
const large = 'x'.repeat(1024 * 1024);

/** Sends a text to a client that reads so much in a second. */
async function sent(text: string, bytesPerSecond: number, highWaterMark?: number) {
  let bytes = 0;
  const stdout = new Writable({
    highWaterMark,
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

it('a client whose channel keeps 2 MiB, as one of SSH, may take longer than the limit for those', async () => {
  const text = large.repeat(4);
  expect(await sent(text, 2048, 2 * large.length)).toEqual({ isSent: true, bytes: text.length });
});

it('a client whose channel keeps 2 MiB is sent away when it reads nothing for the limit', async () => {
  expect(await sent(large.repeat(4), 1, 2 * large.length)).toEqual({ isSent: false, bytes: 0 });
});
