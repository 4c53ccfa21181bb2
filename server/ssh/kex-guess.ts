import type { Connection } from 'ssh2';

interface Protocol {
  readonly _kex?: { readonly _remoteKexinit?: Buffer };
  _skipNextInboundPacket: boolean;
}

/** The first of each list that the server offers. */
export interface FirstChoices {
  readonly kex: string;
  readonly hostKey: string;
}

/**
 * A client may send the first packet of the key exchange that it guesses will be agreed on (RFC 4253, section 7); dropbear
 * always does. ssh2 1.17.0 throws that packet away whether or not the guess is right, because it compares the agreed name with
 * its own first letter (lib/protocol/kex.js), and then both sides wait. Here a right guess is kept.
 */
export function keepRightGuess(connection: Connection, first: FirstChoices): void {
  const protocol = (connection as unknown as { _protocol: Protocol })._protocol;
  let skip = false;
  Object.defineProperty(protocol, '_skipNextInboundPacket', {
    get: () => skip && !guessedRight(protocol._kex?._remoteKexinit, first),
    set: (value: boolean) => {
      skip = value;
    },
  });
}

/** Whether the client's first choices are the server's. @param kexinit the client's SSH_MSG_KEXINIT: type, cookie, lists */
function guessedRight(kexinit: Buffer | undefined, { kex, hostKey }: FirstChoices): boolean {
  if (!kexinit) return false;
  const kexEnd = 17 + 4 + kexinit.readUInt32BE(17);
  const listAt = (at: number) => kexinit.toString('latin1', at + 4, at + 4 + kexinit.readUInt32BE(at));
  return listAt(17).split(',')[0] === kex && listAt(kexEnd).split(',')[0] === hostKey;
}
