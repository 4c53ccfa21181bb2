import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Channel } from './channel.ts';
import { runClient } from './run-client.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A client that reads nothing. */
function unreading() {
  const stdout = new PassThrough({ highWaterMark: 10 });
  const close = vi.fn();
  const parts = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), connection: new PassThrough(), close };
  const channel = parts as unknown as Channel;
  const left = new AbortController().signal;
  return { stdout, close, client: runClient({ channel, left, lineEnd: '\n', terminal: undefined }) };
}

const bytes = Buffer.alloc(100);

it('a run waits for a client that does not read, and is not ended', async () => {
  const { client, stdout, close } = unreading();
  const printed = client.print('stdout', bytes);
  vi.advanceTimersByTime(100 * 60_000);
  expect(client.left.aborted).toBe(false);
  expect(close).not.toHaveBeenCalled();
  stdout.resume();
  await printed;
});
