import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { descendants, limitOpenFiles, openFiles, residentMegabytes } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { packedPush, RawSsh } from '../support/raw-ssh.ts';

let gitkube: Gitkube;
/** Pushed once; most attacks need no more. */
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube);
  await project.push();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});
// Whatever was tried: the server lives, answers, and has nothing left of it.
afterEach(async () => {
  expect((await project.tryGit(['ls-remote', project.url], { signal: AbortSignal.timeout(10_000) })).code).toBe(0);
  await eventually(async () => descendants(gitkube.pid).length === 0);
});

const receive = () => `git-receive-pack '/${project.namespace}/app'`;
const upload = () => `git-upload-pack '/${project.namespace}/app'`;
const keyOf = (name = 'id') => RawSsh.connect(gitkube.port, { privateKey: readFileSync(project.keyFile(name)) });
const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

/** Sends until the server hangs up; fails when it takes everything. */
async function sendUntilCut(attacker: RawSsh, times: number, send: () => void): Promise<void> {
  for (let i = 0; i < times && !attacker.socket.destroyed; i++) {
    send();
    if (attacker.socket.writableLength < 1_000_000) continue;
    await Promise.race([new Promise((resolve) => attacker.socket.once('drain', resolve)), attacker.closed]);
  }
  await eventually(async () => attacker.socket.destroyed, 5_000);
}

describe('who a client is', () => {
  /** Lists the keys as an agent does, and signs with what `signWith` names. */
  class Agent extends ssh2.BaseAgent {
    readonly #offered: readonly string[];
    readonly #signWith: (offered: string) => string | undefined;

    constructor(offered: readonly string[], signWith: (offered: string) => string | undefined) {
      super();
      this.#offered = offered.map((name) => project.keyFile(name));
      this.#signWith = (name) => signWith(name);
    }

    override getIdentities(reply: (error: Error | null, keys?: ssh2.ParsedKey[]) => void): void {
      reply(null, this.#offered.map(parse));
    }

    override sign(key: ssh2.ParsedKey, data: Buffer, ...rest: unknown[]): void {
      const reply = rest.at(-1) as (error?: Error, signature?: Buffer) => void;
      const index = this.#offered.findIndex((file) => parse(file).getPublicSSH().equals(key.getPublicSSH()));
      const name = this.#signWith(String(index));
      if (name === undefined) reply(new Error('does not sign'));
      else reply(undefined, parse(project.keyFile(name)).sign(data));
    }
  }
  const parse = (file: string) => ssh2.utils.parseKey(readFileSync(file)) as ssh2.ParsedKey;
  const withAgent = (agent: Agent) => RawSsh.connect(gitkube.port, { agent });

  it('is the key that signed, not one that was offered before', async () => {
    await using theirs = await Project.create(gitkube);
    await project.makeKey('mine');
    await theirs.applyRemote({ authorizedKeys: [await project.publicKey('mine')], deployments });
    using attacker = await withAgent(new Agent(['id', 'mine'], (index) => (index === '1' ? 'mine' : undefined)));
    const refused = await attacker.exec(receive());
    expect(await refused.output).toMatch(/ERR no Remote .* accepts the key/);
    const own = await attacker.exec(`git-upload-pack '/${theirs.namespace}/app'`);
    own.channel.end('0000');
    expect(await own.output).not.toContain('ERR');
  });

  it('is nobody when one key is offered and another one signs for it', async () => {
    await project.makeKey('other');
    await expect(withAgent(new Agent(['id'], () => 'other'))).rejects.toThrow(/authentication/);
  });

  it('is asked anew for each command: a key that was removed pushes and fetches no more on an open connection', async () => {
    await project.makeKey('second');
    const both = [await project.publicKey(), await project.publicKey('second')];
    await project.applyRemote({ authorizedKeys: both, deployments });
    using connection = await eventually(() => keyOf('second'));
    await project.applyRemote({ authorizedKeys: [await project.publicKey()], deployments });
    await eventually(async () => (await project.tryGit(['ls-remote', project.url], { key: 'second' })).code !== 0);
    for (const command of [receive(), upload()]) {
      expect(await (await connection.exec(command)).output).toContain('ERR no Remote');
    }
  });

  it('is tried twenty times and no more', async () => {
    using attacker = await RawSsh.stranger(gitkube.port);
    attacker.send(5, text('ssh-userauth'));
    const none = Buffer.concat([text('git'), text('ssh-connection'), text('none')]);
    for (let i = 0; i < 25; i++) attacker.send(50, none);
    await attacker.closed;
  });
});

describe('a client that breaks the rules of SSH', () => {
  it('with packets of size 0 does not stop the server', async () => {
    using attacker = await keyOf();
    attacker.protocol.session(0, 2 ** 31, 0);
    attacker.protocol.exec(0, upload(), true);
    await attacker.closed;
  });

  it.each([
    ['a command', (attacker: RawSsh) => attacker.protocol.exec(0, receive(), true)],
    ['a greeting', (attacker: RawSsh) => attacker.protocol.shell(0, true)],
  ])('and sends to %s more than its window is cut off, and not kept in memory', async (_, begin) => {
    using attacker = await keyOf();
    const before = residentMegabytes(gitkube.pid);
    attacker.protocol.session(0, 2 ** 21, 32_768);
    begin(attacker);
    const junk = Buffer.alloc(32_000);
    await sendUntilCut(attacker, 6_000, () => attacker.protocol.channelData(0, junk));
    expect(residentMegabytes(gitkube.pid) - before).toBeLessThan(100);
  });

  it('and asks without reading the answers is cut off, before it has shown a key', async () => {
    using attacker = await RawSsh.stranger(gitkube.port);
    attacker.socket.pause();
    await sendUntilCut(attacker, 1_000_000, () => attacker.protocol.ping());
  });

  it('and closes one session many times has no more of them than others', async () => {
    using attacker = await keyOf();
    attacker.protocol.session(0, 2 ** 21, 32_768);
    for (let i = 0; i < 90; i++) attacker.protocol.channelClose(0);
    for (let i = 1; i <= 30; i++) {
      attacker.protocol.session(i, 2 ** 21, 32_768);
      attacker.protocol.exec(i, upload(), true);
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
      const keyed = Array.from({ length: 4 }, () => keyOf().then(storm));
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
      [98, Buffer.concat([number(pick(0, 1)), name, Buffer.from([1]), pick(junk, text(upload()))])],
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
  it('refuses and lives, and takes the next push once there are some', async () => {
    await limitOpenFiles(gitkube.pid, openFiles(gitkube.pid) + 4);
    const tries = Array.from({ length: 6 }, () => project.tryGit(['ls-remote', project.url]));
    const codes = (await Promise.all(tries)).map(({ code }) => code);
    await limitOpenFiles(gitkube.pid, 10_000);
    expect(codes).toContain(128);
    await project.commit('after the drought');
    expect((await project.push()).code).toBe(0);
  });
});

describe('an upload that is cut off', () => {
  it('leaves no process and no objects, and does no harm to another one of the same Remote', async () => {
    await project.git('fetch', '-q', project.url, 'main');
    const main = (await project.git('rev-parse', 'FETCH_HEAD')).trim();
    const commit = await project.commit('sent in two parts');
    const push = await packedPush(project.folder, main, commit, 'refs/heads/main');
    const objects = join(gitkube.dataFolder, 'repositories', project.namespace, 'app.git/objects');
    const quarantines = () => readdirSync(objects).filter((entry) => entry.startsWith('tmp_objdir-'));
    const begin = async () => {
      const attacker = await keyOf();
      const count = quarantines().length;
      const command = await attacker.exec(receive());
      command.channel.write(push.begin);
      await eventually(async () => quarantines().length > count);
      return { attacker, command };
    };
    const cut = await begin();
    const other = await begin();
    cut.attacker.socket.destroy();
    const receivers = () => descendants(gitkube.pid).filter((process) => process.command.includes('receive-pack'));
    await eventually(async () => receivers().length === 1);
    other.command.channel.write(push.end);
    expect(await other.command.output).toContain('ok refs/heads/main');
    other.attacker[Symbol.dispose]();
    await eventually(async () => quarantines().length === 0);
  });
});

describe('a hook that is killed', () => {
  const hooks = (name: string) =>
    descendants(gitkube.pid).filter(({ command }) => command.startsWith('/bin/sh') && command.endsWith(name));
  const state = async () => [
    await project.image(),
    (await project.tryGit(['ls-remote', project.url, 'main', 'refs/tags/*'])).stdout,
  ];

  it.each([
    ['during a build, as a whole', 'pre-receive', () => hooks('pre-receive').flatMap(withChildren)],
    ['during a rollout, as a whole', 'proc-receive', () => hooks('proc-receive').flatMap(withChildren)],
    ['during a rollout, where it hands on the verdict', 'proc-receive', () => lastChild('proc-receive')],
  ])('%s: the push is rejected, what was rolled out is put back and no ref has moved', async (_, hook, pids) => {
    const before = await state();
    const building = hook === 'pre-receive';
    const dockerfile = building ? appDockerfile(`RUN sleep 3; echo ${hook}`) : appDockerfile('', 'sleep 1000');
    await project.writeApp('www', `never seen ${randomBytes(4).toString('hex')}`, dockerfile);
    await project.commit(`killed ${hook}`);
    const reached = outputWith(building ? 'RUN sleep' : /new pod ready, waiting/);
    const pushing = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: reached.onOutput });
    await reached.seen;
    for (const pid of new Set(pids())) kill(pid);
    const { code, output } = await pushing;
    expect(output).toContain('[remote rejected] HEAD -> main');
    expect(code).toBe(1);
    await eventually(async () => descendants(gitkube.pid).length === 0);
    expect(await state()).toEqual(before);
    await project.git('reset', '-q', '--hard', 'HEAD~1');
  });

  function kill(pid: number): void {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended with the one before it.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  function withChildren({ pid }: { pid: number }): number[] {
    return [...descendants(pid).map((child) => child.pid), pid];
  }

  /** proc-receive's last command, `cat <&5`; a shell of the same name behind it is its subshell. */
  function lastChild(hook: string): number[] {
    const outermost = Math.min(...hooks(hook).map(({ pid }) => pid));
    return [Math.max(...descendants(outermost).map((child) => child.pid))];
  }
});

describe('hostile refs', () => {
  const pushed = (...args: string[]) => project.tryGit(['push', '-f', project.url, ...args]);

  it.each(['releases', 'Releases', 'releases/9', 'RELEASES/1'])('the tag %s is refused', async (tag) => {
    const { code, output } = await pushed(`HEAD:refs/tags/${tag}`);
    expect(output).toContain('the tags releases/* are made by Gitkube');
    expect(code).toBe(1);
  });

  it('a tag object and a blob are no commit for a branch', async () => {
    await project.git('tag', '-f', '-a', 'annotated', '-m', 'x');
    for (const object of ['annotated', 'HEAD:www/index.html']) {
      expect((await pushed(`${object}:refs/heads/main`)).output).toContain('can only point at a commit');
    }
  });

  it('a tag that does not fit refuses the branch beside it before anything is deployed', async () => {
    await pushed('HEAD:refs/tags/folder');
    const head = await project.tryGit(['ls-remote', project.url, 'main']);
    await project.commit('with a tag that does not fit');
    const { code, output } = await pushed('--atomic', 'HEAD:main', 'HEAD:refs/tags/folder/file');
    expect(output).toContain('a tag of this push does not fit');
    expect(code).toBe(1);
    expect((await project.tryGit(['ls-remote', project.url, 'main'])).stdout).toBe(head.stdout);
  });

  it('text of a stranger cannot move the cursor or turn round what the pusher reads', async () => {
    const name = '\u202egnp$(id)';
    const { output } = await pushed('-o', '\u001b[2J\u009bred', `HEAD:refs/heads/${name}`);
    const remote = output.split('\n').filter((line) => line.startsWith('remote:'));
    expect(remote.join('\n')).toContain('unknown push option');
    expect(remote.join('\n')).not.toMatch(/[\u001b\u009b\u202e]/);
    expect((await pushed(`HEAD:refs/heads/${name}`)).output).toContain('branch \ufffdgnp$(id) does not deploy');
  });

  it('no command but fetch and push reaches git', async () => {
    const archive = await project.tryGit(['archive', `--remote=${project.url}`, 'HEAD']);
    expect(archive.output).toContain('unknown command: git-upload-archive');
  });
});

describe('main and master pushed at the same time', () => {
  it('deploy what came first, and the other one is refused when its turn comes', async () => {
    await using both = await Project.create(gitkube);
    await both.writeApp('www', 'www 1', appDockerfile(`RUN sleep 2; echo ${both.namespace}`));
    await both.commit('slow');
    const building = outputWith('RUN sleep');
    const main = both.tryGit(['push', both.url, 'HEAD:main'], { onOutput: building.onOutput });
    await building.seen;
    const master = await both.push('HEAD:master');
    expect(master.output).toContain('branch master does not deploy, main does');
    expect((await main).code).toBe(0);
  });
});

describe('a server that is stopped', () => {
  it('tells those that build and those that wait why, and has nothing left running', async () => {
    await project.writeApp('www', 'www x', appDockerfile(`RUN sleep 20; echo ${randomBytes(4).toString('hex')}`));
    await project.commit('slow');
    const building = outputWith('RUN sleep');
    const first = project.tryGit(['push', '-f', project.url, 'HEAD:main'], { onOutput: building.onOutput });
    await building.seen;
    await project.commit('next');
    const waiting = outputWith('waiting for the push before');
    const second = project.tryGit(['push', '-f', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    using uploading = await keyOf();
    await uploading.exec(receive());
    const running = descendants(gitkube.pid).map(({ pid }) => pid);
    await gitkube.stop();
    for (const { code, output } of [await first, await second]) {
      expect(output).toMatch(/error: the server is restarting.*\n.*hint: push again/);
      expect(code).toBe(1);
    }
    await eventually(async () => !running.some((pid) => existsSync(`/proc/${pid}`)));
    await gitkube.start();
  });
});

function text(value: string): Buffer {
  return Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function pick<T>(...values: T[]): T {
  return values[randomBytes(1).readUInt8() % values.length] as T;
}
