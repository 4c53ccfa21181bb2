import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { readUnused } from './unused-input.ts';

/** What a terminal wants, and what a pipe wants. */
export type LineEnd = '\r\n' | '\n';

/** Lines that are known as a whole, and the end of the session. */
export function answer(channel: ServerChannel, lines: readonly string[], lineEnd: LineEnd, code = 0): void {
  channel.on('error', () => {});
  readUnused(channel);
  if (lines.length > 0) channel.write(lines.map((line) => line + lineEnd).join(''));
  channel.exit(code);
  channel.end();
}

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED = 1024 * 1024;

export interface Reader {
  readonly socket: Socket;
  /** Aborts when the client has left. */
  readonly left: AbortSignal;
  /** Milliseconds that the client may leave what it is sent unread. */
  readonly unreadMs: number;
}

/**
 * Sends text as it comes, no faster than the client reads.
 * @returns false when the client has left, or was sent away because it does not read
 */
export async function send(
  channel: ServerChannel,
  texts: AsyncIterable<string>,
  { socket, left, unreadMs }: Reader,
): Promise<boolean> {
  for await (const text of texts) {
    if (left.aborted) return false;
    if (!channel.write(text) && !(await drained(channel, left, unreadMs))) return false;
    if (socket.writableLength > MAX_BUFFERED && !(await drained(socket, left, unreadMs))) return false;
  }
  return !left.aborted;
}

async function drained(stream: ServerChannel | Socket, left: AbortSignal, unreadMs: number): Promise<boolean> {
  const result = Promise.withResolvers<boolean>();
  const drain = () => result.resolve(true);
  const leave = () => result.resolve(false);
  const timer = setTimeout(leave, unreadMs);
  stream.once('drain', drain);
  left.addEventListener('abort', leave, { once: true });
  try {
    return await result.promise;
  } finally {
    clearTimeout(timer);
    stream.off('drain', drain);
    left.removeEventListener('abort', leave);
  }
}
