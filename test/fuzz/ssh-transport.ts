import { connect } from 'node:net';
import { ended } from '../attacks/http-bytes.ts';
import type { Random } from '../support/random.ts';
import { number, text } from '../support/ssh-packet.ts';
import type { Fuzzer } from './fuzzer.ts';
import { mutate } from './mutate.ts';

/** RFC 4253, section 6: without encryption. */
function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 8;
  return Buffer.concat([number(payload.length + padding + 1), Buffer.of(padding), payload, Buffer.alloc(padding)]);
}

const algorithms = [
  'curve25519-sha256',
  'ssh-ed25519',
  ...['aes128-ctr', 'aes128-ctr', 'hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com'],
  ...['none', 'none', '', ''],
];
const kexInit = Buffer.concat([Buffer.of(20), Buffer.alloc(16, 7), ...algorithms.map(text), Buffer.alloc(5)]);
const kexEcdhInit = Buffer.concat([Buffer.of(30), number(32), Buffer.alloc(32, 9)]);
const others = [
  Buffer.concat([Buffer.of(1), number(2), text('bye'), text('')]),
  Buffer.concat([Buffer.of(2), text('ignored')]),
  Buffer.concat([Buffer.of(4), Buffer.of(1), text('debug'), text('')]),
  Buffer.of(21),
  Buffer.concat([Buffer.of(5), text('ssh-userauth')]),
];

/** Behind a valid line of the version: up to three packets of a handshake, each mutated or not, in its frame or as a whole. */
export const sshTransport: Fuzzer = {
  name: 'ssh, before a login',
  async send({ sshPort }, random) {
    const socket = connect(sshPort, '127.0.0.1').on('error', () => {});
    const chosen = [kexInit, random.pick([kexEcdhInit, ...others]), random.pick(others)].slice(0, 1 + random.below(3));
    const mutated = random.below(chosen.length);
    const packets = chosen.map((payload, at) => (at < mutated ? packet(payload) : changed(payload, random)));
    socket.resume().write(Buffer.concat([Buffer.from('SSH-2.0-fuzz\r\n'), ...packets]));
    socket.end();
    await ended(socket);
    return packets.length - mutated;
  },
};

function changed(payload: Buffer, random: Random): Buffer {
  return random.below(2) === 0 ? mutate(packet(payload), random) : packet(mutate(payload, random));
}
