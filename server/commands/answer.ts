import type { Channel } from './channel.ts';
import { PacedWriter } from './paced-writer.ts';
import { readUnused } from './unused-input.ts';

/** What a terminal wants, and what a pipe wants. */
export type LineEnd = '\r\n' | '\n';

/** Lines that are known as a whole, and the end of the session. */
export function answer(channel: Channel, lines: readonly string[], lineEnd: LineEnd, code = 0): void {
  readUnused(channel.stdin);
  if (lines.length > 0) channel.stdout.write(lines.map((line) => line + lineEnd).join(''));
  channel.end(code);
}

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
export async function send(channel: Channel, texts: AsyncIterable<string>, reader: Reader): Promise<boolean> {
  const writer = new PacedWriter(channel, reader.left, reader.unreadMs);
  for await (const text of texts) {
    if (writer.left.aborted) return false;
    await writer.write(channel.stdout, Buffer.from(text));
  }
  return !writer.left.aborted;
}
