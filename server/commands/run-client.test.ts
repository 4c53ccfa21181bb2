import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutputUnread, type Terminal } from '../runs/client.ts';
import type { Channel } from './channel.ts';
import { giveUpRun, runClient } from './run-client.ts';

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
    const { client } = unreading();
    const printed = client.print('stdout', bytes);
    vi.advanceTimersByTime(unreadMs - 1);
    expect(client.left.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(client.left.reason).toBeInstanceOf(OutputUnread);
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

/** A client whose channel keeps 2 MiB, as one of SSH, and which reads so much in a second. */
function reading(bytesPerSecond: number) {
  const stdout = new Writable({
    highWaterMark: 2 * 1024 * 1024,
    write: (chunk: Buffer, _encoding, done) => void setTimeout(done, (chunk.length / bytesPerSecond) * 1000),
  });
  const channel = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), connection: new PassThrough() };
  const left = new AbortController().signal;
  return runClient({ channel: channel as unknown as Channel, left, lineEnd: '\n', terminal: undefined, unreadMs });
}

describe('a run whose client has 2 MiB to read', () => {
  it.each([
    ['goes on while it reads, however long that takes', 2048, false],
    ['ends when it reads nothing', 1, true],
  ])('%s', async (_, bytesPerSecond, isGivenUp) => {
    const client = reading(bytesPerSecond);
    let isRead = false;
    for (let piece = 0; piece < 80; piece++) {
      void client.print('stdout', Buffer.alloc(32 * 1024))?.then(() => {
        isRead = true;
      });
    }
    for (let times = 0; !isRead && times < 1000; times++) await vi.advanceTimersByTimeAsync(10_000);
    expect({ isRead, isGivenUp: client.left.aborted }).toEqual({ isRead: true, isGivenUp });
  });
});

it('a run that is given up ends with its reason and exit code, and is closed when nobody reads them', () => {
  const said: string[] = [];
  const [end, close] = [vi.fn(), vi.fn()];
  const channel = { end, close } as unknown as Channel;
  giveUpRun({ channel, left: new AbortController().signal }, { say: (line) => void said.push(line) }, 125);
  expect(said).toEqual(['ended: its output was not read']);
  expect(end).toHaveBeenCalledWith(125);
  expect(close).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(close).toHaveBeenCalledOnce();
});
