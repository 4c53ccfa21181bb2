import type { Writable } from 'node:stream';
import type { Channel } from './channel.ts';
import { readUnused } from './unused-input.ts';

/** What a terminal wants, and what a pipe wants. */
export type LineEnd = '\r\n' | '\n';

/** Lines that are known as a whole, and the end of the session. */
export function answer(channel: Channel, lines: readonly string[], lineEnd: LineEnd, code = 0): void {
  readUnused(channel.stdin);
  if (lines.length > 0) channel.stdout.write(lines.map((line) => line + lineEnd).join(''));
  channel.end(code);
}

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED = 1024 * 1024;

/** What a client of 1 KB/s reads in half a minute. */
const PIECE_BYTES = 32 * 1024;

export interface Reader {
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
  { stdout, connection }: Channel,
  texts: AsyncIterable<string>,
  { left, unreadMs }: Reader,
): Promise<boolean> {
  for await (const text of texts) {
    if (left.aborted) return false;
    for (const piece of pieces(text)) {
      if (!stdout.write(piece) && !(await drained(stdout, left, unreadMs))) return false;
      if (connection.writableLength > MAX_BUFFERED && !(await drained(connection, left, unreadMs))) return false;
    }
  }
  return !left.aborted;
}

/** Of one write the stream says only when all of it is sent: a slow client has the time for each piece, not for the whole. */
function* pieces(text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

async function drained(stream: Pick<Writable, 'once' | 'off'>, left: AbortSignal, unreadMs: number): Promise<boolean> {
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
