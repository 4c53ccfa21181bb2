import type { Writable } from 'node:stream';
import type { Channel } from './channel.ts';

/** What a client of 1 KB/s reads in half a minute. */
const PIECE_BYTES = 32 * 1024;

/**
 * Writes to a client no faster than it reads. A stream says that it is free again only when all that it keeps is sent, up to
 * 2 MiB for ssh2, for which a slow client takes minutes: it has its time for each piece.
 */
export class PacedWriter {
  /** Aborts when the client has left, or has read nothing for too long. */
  readonly left: AbortSignal;
  readonly #connection: Channel['connection'];
  readonly #unreadMs: number | undefined;
  readonly #unread = new AbortController();
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param unreadMs unset: a client may read nothing without an end */
  constructor({ connection }: Pick<Channel, 'connection'>, left: AbortSignal, unreadMs?: number) {
    this.left = AbortSignal.any([left, this.#unread.signal]);
    this.#connection = connection;
    this.#unreadMs = unreadMs;
  }

  /** @returns undefined: there may be more; else what resolves when there may be, or when nobody is there to read it */
  write(stream: Writable, bytes: Buffer): Promise<void> | undefined {
    const sent = () => void this.#timer?.refresh();
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) stream.write(bytes.subarray(at, at + PIECE_BYTES), sent);
    const isFree = !stream.writableNeedDrain && !this.#connection.writableNeedDrain;
    return isFree ? undefined : this.#free(stream);
  }

  async #free(stream: Writable): Promise<void> {
    if (this.#waiting++ === 0 && this.#unreadMs !== undefined) this.#watch(this.#unreadMs);
    try {
      // A client with a huge window that stops reading would otherwise be buffered without end.
      for (const one of [stream, this.#connection]) if (one.writableNeedDrain) await this.#drained(one);
    } finally {
      if (--this.#waiting === 0) clearTimeout(this.#timer);
    }
  }

  #watch(unreadMs: number): void {
    this.#timer = setTimeout(() => this.#unread.abort(), unreadMs);
  }

  async #drained(stream: Channel['connection']): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const leave = () => resolve();
    const drain = () => {
      this.#timer?.refresh();
      resolve();
    };
    stream.once('drain', drain);
    this.left.addEventListener('abort', leave, { once: true });
    if (this.left.aborted) leave();
    try {
      await promise;
    } finally {
      stream.off('drain', drain);
      this.left.removeEventListener('abort', leave);
    }
  }
}
