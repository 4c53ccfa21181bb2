import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Gitkube } from '../support/gitkube.ts';
import { descendants, limitOpenFiles, openFiles, residentMegabytes } from '../support/processes.ts';
import type { Project } from '../support/project.ts';
import { RawSsh } from '../support/raw-ssh.ts';
import { number, text } from '../support/ssh-packet.ts';
import { Target } from '../support/target.ts';

let target: Target;
let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  target = await Target.start();
  ({ gitkube, project } = target);
});
afterAll(() => target[Symbol.asyncDispose]());
afterEach(() => target.isUnharmed());

/** Sends until the server hangs up; fails when it takes everything. */
async function sendUntilCut(attacker: RawSsh, times: number, send: () => void): Promise<void> {
  for (let i = 0; i < times && !attacker.socket.destroyed; i++) {
    send();
    if (attacker.socket.writableLength < 1_000_000) continue;
    await Promise.race([new Promise((resolve) => attacker.socket.once('drain', resolve)), attacker.closed]);
  }
  // Sooner than it would be as a client that does nothing.
  await eventually(async () => attacker.socket.destroyed, 30_000);
}

describe('a client that breaks the rules of SSH', () => {
  it('with packets of size 0 does not stop the server', async () => {
    using attacker = await target.connect();
    attacker.protocol.session(0, 2 ** 31, 0);
    attacker.protocol.exec(0, target.upload, true);
    await attacker.closed;
  });

  it.each([
    ['a push', (attacker: RawSsh) => attacker.protocol.exec(0, target.receive, true)],
    ['a greeting', (attacker: RawSsh) => attacker.protocol.shell(0, true)],
    ['a command', (attacker: RawSsh) => attacker.protocol.exec(0, 'deploys', true)],
  ])('and sends to %s more than its window is disconnected, and its data is not kept in memory', async (_, begin) => {
    using attacker = await target.connect();
    const before = residentMegabytes(gitkube.pid);
    attacker.protocol.session(0, 2 ** 21, 32_768);
    begin(attacker);
    const junk = Buffer.alloc(32_000);
    await sendUntilCut(attacker, 6_000, () => attacker.protocol.channelData(0, junk));
    expect(residentMegabytes(gitkube.pid) - before).toBeLessThan(100);
  });

  it('and never reads the answers is disconnected, even before it has shown a key', async () => {
    using attacker = await RawSsh.stranger(gitkube.port);
    attacker.socket.pause();
    await sendUntilCut(attacker, 1_000_000, () => attacker.protocol.ping());
  });

  it('and closes one session many times gets no more sessions than others', async () => {
    using attacker = await target.connect();
    attacker.protocol.session(0, 2 ** 21, 32_768);
    for (let i = 0; i < 90; i++) attacker.protocol.channelClose(0);
    for (let i = 1; i <= 30; i++) {
      attacker.protocol.session(i, 2 ** 21, 32_768);
      attacker.protocol.exec(i, target.upload, true);
    }
    const running = () => descendants(gitkube.pid).filter(({ command }) => command.includes('upload-pack --strict'));
    await eventually(async () => running().length === 10);
    // By the time that somebody else was served, all that was asked before is done.
    await project.tryGit(['ls-remote', project.url]);
    expect(running()).toHaveLength(10);
  });

  it('with packets of all kinds, in any order and of any content, ends its own connection at most', async () => {
    const files = openFiles(gitkube.pid);
    const storm = async (attacker: RawSsh) => {
      using _ = attacker;
      for (let i = 0; i < 40 && !attacker.socket.destroyed; i++) attacker.send(...anyPacket());
      attacker.socket.end();
      await attacker.closed;
    };
    for (let round = 0; round < 12; round++) {
      const keyed = Array.from({ length: 4 }, () => target.connect().then(storm));
      const strangers = Array.from({ length: 3 }, () => RawSsh.stranger(gitkube.port).then(storm));
      await Promise.all([...keyed, ...strangers, noise()]);
    }
    await eventually(async () => openFiles(gitkube.pid) <= files + 2);
  });

  function anyPacket(): [number, Buffer] {
    const junk = randomBytes(pick(0, 3, 20, 60));
    const name = text(pick('exec', 'shell', 'env', 'pty-req', 'subsystem', 'signal', 'window-change', 'x11-req', ''));
    const method = text(pick('none', 'password', 'publickey', 'hostbased', 'keyboard-interactive'));
    const size = number(pick(0, 1, 32_768, 2 ** 32 - 1));
    const kinds: [number, Buffer][] = [
      [50, Buffer.concat([text('git'), text('ssh-connection'), method, junk])],
      [90, Buffer.concat([text(pick('session', 'direct-tcpip', 'x')), number(pick(0, 1)), size, size, junk])],
      [98, Buffer.concat([number(pick(0, 1)), name, Buffer.from([1]), pick(junk, text(target.upload))])],
      [pick(93, 94, 95, 96, 97), Buffer.concat([number(pick(0, 1)), pick(size, text('x'))])],
      [80, Buffer.concat([text(pick('tcpip-forward', 'no-more-sessions@openssh.com')), Buffer.from([1]), junk])],
      [pick(1, 2, 3, 4, 5, 6, 7, 20, 21, 30, 31, 51, 52, 60, 61, 81, 91, 192), junk],
    ];
    return pick(...kinds);
  }

  /** Bytes that are no SSH, and a reset. */
  async function noise(): Promise<void> {
    const socket = connect(gitkube.port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    socket.write(pick('', 'SSH-2.0-x', 'SSH-2.0-x\r\n'));
    socket.end(randomBytes(3_000));
    await new Promise((resolve) => socket.once('close', resolve));
  }
});

describe('a server without file descriptors', () => {
  it('refuses connections, goes on running, and takes the next push once there are some', async () => {
    await limitOpenFiles(gitkube.pid, openFiles(gitkube.pid) + 4);
    const tries = Array.from({ length: 6 }, () => project.tryGit(['ls-remote', project.url]));
    const codes = (await Promise.all(tries)).map(({ code }) => code);
    await limitOpenFiles(gitkube.pid, 10_000);
    expect(codes).toContain(128);
    await project.commit('after the drought');
    expect((await project.push()).code).toBe(0);
  });
});

function pick<T>(...values: T[]): T {
  return values[randomBytes(1).readUInt8() % values.length] as T;
}
