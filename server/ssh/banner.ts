import type { Connection } from 'ssh2';

/** What ssh2 writes packets with: it has a banner for every connection, and none for one of them. */
interface Protocol {
  readonly _packetRW: {
    readonly write: { alloc(bytes: number): Buffer; readonly allocStart: number; finalize(packet: Buffer): Buffer };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
}

const SSH_MSG_USERAUTH_BANNER = 53;

/** Words that a client prints while it logs in (RFC 4252, section 5.4). Without effect on a connection that is over. */
export function sayBanner(connection: Connection, words: string): void {
  const { _packetRW, _cipher } = (connection as unknown as { _protocol: Protocol })._protocol;
  const text = Buffer.from(`${words}\r\n`);
  const body = Buffer.alloc(1 + 4 + text.length + 4);
  body.writeUInt8(SSH_MSG_USERAUTH_BANNER);
  body.writeUInt32BE(text.length, 1);
  text.copy(body, 5);
  const { write } = _packetRW;
  try {
    const packet = write.alloc(body.length);
    body.copy(packet, write.allocStart);
    _cipher.encrypt(write.finalize(packet));
  } catch {
    // Its ciphers are gone already.
  }
}
