import { Socket } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { type Attack, fell, stood } from './attack.ts';
import { basic, bomb, receivePack, requestOf, speak, statusOf } from './http-bytes.ts';
import { readByChildren } from './look.ts';
import type { Victim } from './victim.ts';

const many = 60;
/** docs/limits.md: of one address, without a right token. */
const mayWait = 20;
const mayInflate = 16 * 1024 ** 2;

export const floods: readonly Attack[] = [
  {
    incident: 'CVE-2007-6750 (Slowloris)',
    what: `${many} connections that never end their first request`,
    async attempt(victim) {
      const sockets: Socket[] = [];
      for (let at = 0; at < many; at++) sockets.push(await begin(victim));
      const kept = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
      // An answer to one that came later: those before it were let in, or not.
      await eventually(async () => statusOf(await speak(victim, requestOf({ target: '/' })).catch(() => '')) === '404');
      const count = kept();
      for (const socket of sockets) socket.destroy();
      return count > mayWait ? fell(`keeps ${count}`) : stood(`keeps ${count}`);
    },
  },
  {
    incident: 'CVE-2018-12121 (Node.js)',
    what: 'a header of 8 MB, from somebody without credentials',
    async attempt(victim) {
      const large = requestOf({ target: '/', headers: [`X-Large: ${'x'.repeat(8 * 1024 ** 2)}`] });
      const status = statusOf(await speak(victim, large));
      return status === '404' ? fell('reads all of it') : stood(status === 'no answer' ? 'disconnects' : status);
    },
  },
  {
    incident: 'CWE-409: a body that inflates',
    what: '64 MB of a push, in some kilobytes of gzip',
    async attempt(victim) {
      const body = bomb(victim.main, 64);
      const target = `${victim.path}/git-receive-pack`;
      const headers = [
        receivePack,
        'Content-Encoding: gzip',
        basic(victim.token),
        `Content-Length: ${body.length + 1}`,
      ];
      const socket = await victim.connectHttp();
      let answer = '';
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1');
      });
      socket.on('error', () => {});
      // One byte of it never comes: git waits for more, and can be looked at.
      socket.write(requestOf({ method: 'POST', target, headers }));
      socket.write(body);
      let read = 0;
      await eventually(async () => {
        read = Math.max(read, readByChildren(victim, 'receive-pack'));
        return read > 2 * mayInflate || answer !== '' || socket.destroyed;
      });
      socket.destroy();
      const seen = `git read ${Math.round(read / 1024 ** 2)} MB of ${Math.round(body.length / 1024)} kB`;
      return read > 2 * mayInflate
        ? fell(seen)
        : stood(`${seen}, then ${answer === '' ? 'the end' : statusOf(answer)}`);
    },
  },
];

async function begin(victim: Victim): Promise<Socket> {
  try {
    const socket = await victim.connectHttp();
    socket.on('error', () => {}).resume();
    socket.write('GET /');
    return socket;
  } catch {
    return new Socket().destroy();
  }
}
