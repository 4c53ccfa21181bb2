import type { Connection } from 'ssh2';
import { expect, it } from 'vitest';
import { text } from '../../test/support/ssh-packet.ts';
import { keepRightGuess } from './kex-guess.ts';

const ours = { kex: 'curve25519-sha256', hostKey: 'ssh-ed25519' };

/** What ssh2 has of a client once it has read its KEXINIT and wants to skip the next packet. */
function skips(kex: string, hostKeys: string): boolean {
  const _remoteKexinit = Buffer.concat([Buffer.alloc(17), text(kex), text(hostKeys), text('aes128-ctr')]);
  const protocol = { _kex: { _remoteKexinit }, _skipNextInboundPacket: false };
  keepRightGuess({ _protocol: protocol } as unknown as Connection, ours);
  protocol._skipNextInboundPacket = true;
  return protocol._skipNextInboundPacket;
}

it.each([
  [false, 'curve25519-sha256,ecdh-sha2-nistp256', 'ssh-ed25519,ssh-rsa'],
  [true, 'ecdh-sha2-nistp256,curve25519-sha256', 'ssh-ed25519'],
  [true, 'curve25519-sha256', 'ssh-rsa,ssh-ed25519'],
  [true, '', ''],
])('the packet of a wrong guess is skipped (%s), from %s and %s', (skipped, kex, hostKeys) => {
  expect(skips(kex, hostKeys)).toBe(skipped);
});

it('no packet is skipped where nothing was guessed', () => {
  const protocol = { _skipNextInboundPacket: false };
  keepRightGuess({ _protocol: protocol } as unknown as Connection, ours);
  expect(protocol._skipNextInboundPacket).toBe(false);
});
