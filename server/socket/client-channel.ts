import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Channel } from '../commands/channel.ts';
import { chunkBytes, frame, toClient } from './frames.ts';
import type { Input } from './input.ts';

/**
 * The session of a client of the socket, for commands.
 * @param unreadMs milliseconds that the client may leave unread what it was sent last
 */
export function clientChannel(socket: Socket, input: Input, unreadMs: number): Channel {
  const progress = { read: () => {} };
  const stdout = output(socket, toClient.stdout, progress);
  const stderr = output(socket, toClient.stderr, progress);
  return {
    stdin: input.stream,
    stdout,
    stderr,
    connection: socket,
    end: (code) => void end(socket, [stdout, stderr], code, { unreadMs, progress }),
    close: () => void socket.destroy(),
  };
}

interface Progress {
  /** Called for each frame that the client, or the kernel for it, has taken. */
  read: () => void;
}

/** One frame at a time is on its way: what a command writes before it is read waits in the stream, which says so. */
function output(socket: Socket, kind: string, progress: Progress): Writable {
  const write = (bytes: Buffer, done: (error?: Error | null) => void) => {
    const rest = bytes.subarray(chunkBytes);
    const sent = (error?: Error | null) => {
      progress.read();
      if (error || rest.length === 0) done(error);
      else write(rest, done);
    };
    socket.write(frame(kind, bytes.subarray(0, chunkBytes)), sent);
  };
  const stream = new Writable({ write: (bytes: Buffer, _encoding, done) => write(bytes, done) });
  // A client that is gone is no fault.
  return stream.on('error', () => {});
}

interface Patience {
  readonly unreadMs: number;
  readonly progress: Progress;
}

async function end(socket: Socket, streams: readonly Writable[], code: number, patience: Patience): Promise<void> {
  if (socket.destroyed) return;
  const { unreadMs, progress } = patience;
  const closed = once(socket, 'close').catch(() => {});
  // Who reads nothing of what is left would keep the session for ever.
  const timer = setTimeout(() => socket.destroy(), unreadMs);
  progress.read = () => timer.refresh();
  try {
    await Promise.all(streams.map((stream) => finished(stream.end()))).catch(() => {});
    if (socket.writable) socket.end(frame(toClient.exit, `${code}`));
    await closed;
  } finally {
    clearTimeout(timer);
  }
}
