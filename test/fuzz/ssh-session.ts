import { readFile } from 'node:fs/promises';
import { RawSsh } from '../support/raw-ssh.ts';
import { number, text } from '../support/ssh-packet.ts';
import type { Fuzzer } from './fuzzer.ts';
import { mutate } from './mutate.ts';

const window = Buffer.concat([number(2 ** 21), number(32_768)]);
const yes = Buffer.of(1);
const request = (name: string, ...rest: Buffer[]) => Buffer.concat([number(0), text(name), yes, ...rest]);

/** What a client sends, by the number of its message (RFC 4252, RFC 4254). */
function messages(path: string): [number, Buffer][] {
  return [
    [50, Buffer.concat([text('git'), text('ssh-connection'), text('none')])],
    [80, Buffer.concat([text('tcpip-forward'), yes, text('0.0.0.0'), number(80)])],
    [80, Buffer.concat([text('keepalive@openssh.com'), yes])],
    [90, Buffer.concat([text('session'), number(0), window])],
    [
      90,
      Buffer.concat([text('direct-tcpip'), number(1), window, text('127.0.0.1'), number(22), text('::1'), number(1)]),
    ],
    [93, Buffer.concat([number(0), number(1000)])],
    [94, Buffer.concat([number(0), text('0000')])],
    [95, Buffer.concat([number(0), number(1), text('error')])],
    [96, number(0)],
    [97, number(0)],
    [98, request('exec', text(`git-upload-pack '${path}'`))],
    [98, request('exec', text(`git-receive-pack '${path}'`))],
    [98, request('exec', text('deploys'))],
    [98, request('env', text('GIT_PROTOCOL'), text('version=2'))],
    [98, request('pty-req', text('xterm'), number(80), number(24), number(0), number(0), text(''))],
    [98, request('window-change', number(80), number(24), number(0), number(0))],
    [98, request('shell')],
    [98, request('subsystem', text('sftp'))],
    [98, request('signal', text('INT'))],
  ];
}

const packetsOfConnection = 20;

/** In a session of somebody with a right key: a channel that is as it should be, and then packets that are mutated. */
export const sshSession: Fuzzer = {
  name: 'ssh, in a session',
  async send({ sshPort, path, keyFile }, random) {
    using client = await RawSsh.connect(sshPort, { privateKey: await readFile(keyFile) });
    client.protocol.session(0, 2 ** 21, 32_768);
    const known = messages(path);
    let sent = 0;
    for (; sent < packetsOfConnection && !client.socket.destroyed; sent++) {
      const [type, body] = random.pick(known);
      client.send(random.below(20) === 0 ? random.below(256) : type, mutate(body, random));
    }
    client.socket.end();
    await client.closed;
    return sent;
  },
};
