import type { Socket } from 'node:net';
import type { ServerChannel, Session } from 'ssh2';

// The window that ssh2 grants is 2 MiB; it does not hold a client to it (mscdex/ssh2#1505).
const MAX_UNREAD = 8 * 1024 * 1024;
// Output of git stops at 4 MiB (git-channel.ts); replies to a client that asks and never reads come on top.
const MAX_UNSENT = 8 * 1024 * 1024;
const MAX_UNSENT_BEFORE_LOGIN = 64 * 1024;
// ssh2 loops for ever over a packet size of 0, and makes of one of 1 byte a packet for each byte. Clients ask for 32 KiB.
const MIN_PACKET = 512;
// A key exchange costs the server's one thread milliseconds and a client nothing, who need not compute its part. OpenSSH asks for
// one in each GB, or as often as RekeyLimit says; before the login nobody needs a second one.
const FREE_REKEYS = 10;
const BYTES_PER_REKEY = 16 * 1024;
// ssh2 never forgets a session that is closed without a command.
const MAX_UNUSED = 100;

/**
 * Ends a connection whose client makes the server buffer without end. ssh2 answers every request and takes all data,
 * whether or not the other side keeps to its window and reads: so the bytes are counted here, whenever some arrive.
 */
export class BufferGuard {
  readonly #socket: Socket;
  readonly #channels = new Set<ServerChannel>();
  #maxUnsent = MAX_UNSENT_BEFORE_LOGIN;
  #unused = 0;
  #rekeys = 0;
  #admitted = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', () => {
      if (this.#unread > MAX_UNREAD || socket.writableLength > this.#maxUnsent) socket.destroy();
    });
  }

  /** A key is verified: from now on there may be output of git. */
  admit(): void {
    this.#maxUnsent = MAX_UNSENT;
    this.#admitted = true;
  }

  /** Before anything is written to a channel. @returns false when nothing may be, and the connection is ended */
  watch(session: Session, channel: ServerChannel): boolean {
    const { outgoing } = channel as unknown as { outgoing: { packetSize: number } };
    if (outgoing.packetSize < MIN_PACKET) {
      this.#socket.destroy();
      return false;
    }
    this.#channels.add(channel);
    session.once('close', () => this.#channels.delete(channel));
    return true;
  }

  /** The keys were exchanged once more. */
  rekeyed(): void {
    const { bytesRead, bytesWritten } = this.#socket;
    const allowed = this.#admitted ? FREE_REKEYS + (bytesRead + bytesWritten) / BYTES_PER_REKEY : 0;
    if (++this.#rekeys > allowed) this.#socket.destroy();
  }

  /** A session was closed that had no channel. */
  unused(): void {
    if (++this.#unused > MAX_UNUSED) this.#socket.destroy();
  }

  get #unread(): number {
    let bytes = 0;
    for (const channel of this.#channels) bytes += channel.readableLength;
    return bytes;
  }
}
