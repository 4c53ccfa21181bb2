import { once } from 'node:events';
import { connect } from 'node:net';

/** The names in the SSH_MSG_KEXINIT of a server (RFC 4253, section 7.1), one string for each of its ten lists. */
export async function offerOf(port: number): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  let heard = Buffer.alloc(0);
  socket.on('error', () => {}).write('SSH-2.0-attacker\r\n');
  for (;;) {
    const packet = packetIn(heard);
    if (packet) {
      socket.destroy();
      return nameLists(packet);
    }
    const [chunk] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
    if (typeof chunk === 'boolean') throw new Error('the server ended before its first packet');
    heard = Buffer.concat([heard, chunk]);
  }
}

/** The payload behind the line with the version. */
function packetIn(heard: Buffer): Buffer | undefined {
  const start = heard.indexOf('\n') + 1;
  if (start === 0 || heard.length < start + 6) return undefined;
  const length = heard.readUInt32BE(start);
  return heard.length < start + 4 + length ? undefined : heard.subarray(start + 5, start + 4 + length);
}

/** Type and cookie are before them. */
function nameLists(payload: Buffer): string[] {
  const lists: string[] = [];
  let at = 17;
  while (lists.length < 10) {
    const length = payload.readUInt32BE(at);
    lists.push(payload.toString('latin1', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return lists;
}
