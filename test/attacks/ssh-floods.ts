import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { descendants, residentMegabytes } from '../support/processes.ts';
import { RawSsh } from '../support/raw-ssh.ts';
import { type Attack, fell, stood } from './attack.ts';
import { offerOf } from './raw-kex.ts';

const many = 60;
/** server/limits.ts: of one address before its login, and of one connection. */
const mayWait = 20;
const maySessions = 10;
const mayFail = 20;
const pings = 500_000;
const mayGrow = 60;

export const sshFloods: readonly Attack[] = [
  {
    incident: 'CVE-2010-5107 (OpenSSH)',
    what: `${many} connections that never log in`,
    async attempt(victim) {
      const sockets = Array.from({ length: many }, () =>
        connect(victim.sshPort, '127.0.0.1')
          .on('error', () => {})
          .resume(),
      );
      await Promise.all(
        sockets.map((socket) => new Promise((resolve) => socket.once('ready', resolve).once('close', resolve))),
      );
      // It answers one that came later: those before it were let in, or not.
      await eventually(() => offerOf(victim.sshPort).then(() => true));
      const kept = sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
      for (const socket of sockets) socket.destroy();
      return kept > mayWait ? fell(`keeps ${kept}`) : stood(`keeps ${kept}`);
    },
  },
  {
    incident: 'CVE-2015-5600 (OpenSSH)',
    what: 'a hundred guesses on one connection',
    async attempt(victim) {
      let guesses = 0;
      const authHandler = () => (guesses++ < 100 ? ({ type: 'none', username: 'git' } as const) : (false as const));
      await RawSsh.connect(victim.sshPort, { authHandler: authHandler as never }).catch(() => {});
      const seen = `answers ${guesses - 1}`;
      return guesses - 1 > mayFail ? fell(seen) : stood(seen);
    },
  },
  {
    incident: 'CWE-770: sessions of one connection',
    what: '30 commands at once',
    async attempt(victim) {
      using attacker = await RawSsh.connect(victim.sshPort, { privateKey: await readFile(victim.keyFile) });
      for (let at = 0; at < 30; at++) {
        attacker.protocol.session(at, 2 ** 21, 32_768);
        attacker.protocol.exec(at, `git-upload-pack '${victim.path}'`, true);
      }
      const running = () =>
        descendants(victim.pid).filter(({ command }) => /^(\S*\/)?git(-| .*)upload-pack /.test(command));
      // None of them ends: each waits for what its client wants.
      const count = await settled(() => running().length);
      return count > maySessions ? fell(`${count} of git`) : stood(`${count} of git`);
    },
  },
  {
    incident: 'mscdex/ssh2#1505',
    what: `${pings} requests before a login, whose answers nobody reads`,
    async attempt(victim) {
      using attacker = await RawSsh.stranger(victim.sshPort);
      const before = residentMegabytes(victim.pid);
      attacker.socket.pause();
      let sent = 0;
      for (; sent < pings && !attacker.socket.destroyed; sent++) {
        attacker.protocol.ping();
        if (attacker.socket.writableLength < 1_000_000) continue;
        await Promise.race([new Promise((resolve) => attacker.socket.once('drain', resolve)), attacker.closed]);
      }
      // All that was sent is not yet all that was read.
      const grown = () => Math.round(residentMegabytes(victim.pid) - before);
      await eventually(async () => attacker.socket.destroyed || grown() > mayGrow);
      return grown() > mayGrow ? fell(`takes all, and ${grown()} MB of memory for them`) : stood('disconnects');
    },
  },
];

/** Resolves when two looks, one after the other, have found the same and something. */
async function settled(look: () => number): Promise<number> {
  let last = -1;
  return eventually(async () => {
    const now = look();
    const isSame = now === last && now > 0;
    last = now;
    return isSame && now;
  });
}
