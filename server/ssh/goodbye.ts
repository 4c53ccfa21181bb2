import type { Connection } from 'ssh2';

/** What ssh2 writes packets with; its own disconnect message has no text. */
interface Protocol {
  readonly _packetRW: {
    readonly write: {
      readonly allocStartKEX: number;
      alloc(bytes: number, alsoInKeyExchange: true): Buffer;
      finalize(packet: Buffer, alsoInKeyExchange: true): Buffer;
    };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
}

const SSH_MSG_DISCONNECT = 1;
const PROTOCOL_ERROR = 2;

/**
 * A disconnect message with words (RFC 4253, section 11.1), which clients print: ssh2 sends one without, or just hangs up.
 * Without effect on a connection that cannot be written to any more.
 */
export function sayGoodbye(connection: Connection, words: string): void {
  const { _packetRW, _cipher } = (connection as unknown as { _protocol: Protocol })._protocol;
  const text = Buffer.from(words);
  const { write } = _packetRW;
  const body = Buffer.alloc(1 + 4 + 4 + text.length + 4);
  body.writeUInt8(SSH_MSG_DISCONNECT);
  body.writeUInt32BE(PROTOCOL_ERROR, 1);
  body.writeUInt32BE(text.length, 5);
  text.copy(body, 9);
  try {
    const packet = write.alloc(body.length, true);
    body.copy(packet, write.allocStartKEX);
    _cipher.encrypt(write.finalize(packet, true));
  } catch {
    // Its ciphers are gone already.
  }
}
