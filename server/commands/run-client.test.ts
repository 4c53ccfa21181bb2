import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Terminal } from '../runs/client.ts';
import type { Channel } from './channel.ts';
import { runClient } from './run-client.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const unreadMs = 60_000;

/** A client that reads nothing. */
function unreading(terminal?: Terminal) {
  const stdout = new PassThrough({ highWaterMark: 10 });
  const close = vi.fn();
  const parts = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), connection: new PassThrough(), close };
  const channel = parts as unknown as Channel;
  const left = new AbortController().signal;
  return { stdout, close, client: runClient({ channel, left, lineEnd: '\n', terminal, unreadMs }) };
}

const bytes = Buffer.alloc(100);

describe('a run whose client does not read', () => {
  it('ends as if the client had left, when that is no terminal', async () => {
    const { client, close } = unreading();
    const printed = client.print('stdout', bytes);
    vi.advanceTimersByTime(unreadMs - 1);
    expect(client.left.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(client.left.aborted).toBe(true);
    expect(close).toHaveBeenCalledOnce();
    await printed;
  });

  it('goes on when the client reads in time', async () => {
    const { client, stdout } = unreading();
    const printed = client.print('stdout', bytes);
    vi.advanceTimersByTime(unreadMs - 1);
    stdout.resume();
    await printed;
    vi.advanceTimersByTime(unreadMs);
    expect(client.left.aborted).toBe(false);
  });

  it('waits for a terminal that somebody has stopped', () => {
    const { client, close } = unreading({ size: { columns: 80, rows: 24 }, onResize: () => {} });
    void client.print('stdout', bytes);
    vi.advanceTimersByTime(100 * unreadMs);
    expect(client.left.aborted).toBe(false);
    expect(close).not.toHaveBeenCalled();
  });
});
