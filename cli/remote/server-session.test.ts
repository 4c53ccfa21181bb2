import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Execution, OnOutput } from '../../kube/index.ts';
import type { RunClient } from '../../server/runs/client.ts';
import { frame } from '../../server/socket/frames.ts';
import { SocketServer, type SocketServerOptions } from '../../server/socket/socket-server.ts';
import type { Io } from '../io.ts';
import { relay } from '../relay.ts';
import type { LocalTerminal } from './local-terminal.ts';
import { runOnServer, type SessionParts } from './server-session.ts';

let folder: string;
let server: SocketServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-session-'));
});
afterEach(async () => {
  await server.close(0);
  await rm(folder, { recursive: true, force: true });
});

/** Of a server with a backend that has this. */
async function listen(backend: object): Promise<void> {
  const limits = { unreadMs: 60_000, silentMs: 60_000 };
  const options = {
    folder,
    version: '1.2.3',
    ...limits,
    log: silentLogger,
    backend: { urlForm: 'ssh://h/', ...backend },
  };
  server = new SocketServer(options as unknown as SocketServerOptions);
  await server.listen();
}

/** The relay as it runs in the pod, here. */
async function startRelay(onOutput: OnOutput): Promise<Execution> {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  stdout.on('data', (bytes: Buffer) => onOutput('stdout', bytes));
  const note = (line: string) => onOutput('stderr', Buffer.from(line));
  const io = { env: { GITKUBE_DATA: folder }, stdin, stdout, note } as unknown as Io;
  return executionOf({ ended: relay(io), stdin, stdout });
}

function executionOf({ ended, stdin, stdout }: { ended: Promise<number>; stdin: PassThrough; stdout: PassThrough }) {
  return {
    ended,
    write: (bytes: Buffer) => new Promise<void>((resolve) => stdin.write(bytes, () => resolve())),
    pause: () => void stdout.pause(),
    resume: () => void stdout.resume(),
    [Symbol.dispose]: () => void stdin.end(),
  } as unknown as Execution;
}

/** A program in the pod that prints this, and ends. */
function other(code: number, { stdout = '', stderr = '' }: { stdout?: string; stderr?: string }) {
  return async (onOutput: OnOutput): Promise<Execution> => {
    onOutput('stdout', Buffer.from(stdout));
    onOutput('stderr', Buffer.from(stderr));
    const ended = Promise.resolve(code);
    return executionOf({ ended, stdin: new PassThrough().resume(), stdout: new PassThrough() });
  };
}

/** Types a line. */
async function type(
  line: string,
  {
    start = startRelay,
    stdin = undefined as PassThrough | undefined,
    terminal = undefined as LocalTerminal | undefined,
    signal = new AbortController().signal,
  } = {},
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const parts: SessionParts = {
    request: { line, user: 'ada' },
    ...{ stdin, stdout, stderr, terminal, where: 'pod gitkube/gitkube-0' },
  };
  const ended = await runOnServer(start, parts, signal);
  const textOf = (stream: PassThrough) => `${stream.read() ?? ''}`;
  return { ...ended, out: textOf(stdout), err: textOf(stderr) };
}

describe('a command through the pod of the server', () => {
  it('prints what the server prints, and ends with its exit code', async () => {
    await listen({ deploys: { all: async () => [] } });
    expect(await type('deploys -- shop/app')).toEqual({
      ...{ code: 0, version: '1.2.3' },
      ...{ out: 'nothing was deployed yet\n', err: '' },
    });
    expect(await type('deploys --josn')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean --json?'),
    });
  });

  it('sends stdin to its end, no faster than it is read', async () => {
    const read: Buffer[] = [];
    const run = async (_name: unknown, _wish: unknown, _by: unknown, { input }: RunClient) => {
      for await (const bytes of input) read.push(bytes as Buffer);
      return { code: 7, reason: 'Error' };
    };
    await listen({ runs: { run } });
    const sent = Buffer.alloc(2 * 1024 * 1024, 'abc');
    const stdin = new PassThrough();
    stdin.end(sent);
    expect(await type("run shop/app web -- 'cat'", { stdin })).toMatchObject({ code: 7 });
    expect(Buffer.concat(read).equals(sent)).toBe(true);
  });

  it('gives the keys of a terminal to the server once that is there, and takes its version as text', async () => {
    const keys: string[] = [];
    const terminal = { takeKeys: () => keys.push('taken'), onResize: () => {} } as unknown as LocalTerminal;
    await expect(type('status', { terminal, start: other(3, {}) })).rejects.toThrow('ended with 3');
    expect(keys).toEqual([]);
    const hello = frame('H', JSON.stringify({ version: `1\u001b[2J${'x'.repeat(95)}` }));
    const start = other(0, { stdout: `${hello}${frame('C', '7')}` });
    const { code, version } = await type('status', { terminal, start });
    expect([keys, code]).toEqual([['taken'], 7]);
    expect(version).toMatch(/^1x+…$/);
    await listen({});
  });

  it('goes on while its terminal is stopped, and loses nothing that is printed there', async () => {
    await listen({});
    const program = join(import.meta.dirname, 'testing/print-much.ts');
    const command = `'${process.execPath}' '${program}'`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    try {
      const exited = once(child, 'exit');
      const [said] = await once(child.stdio[3] as Readable, 'data');
      expect(`${said}`).toBe('free');
      const printed = (await text(child.stdout as Readable)).replaceAll('\r', '');
      expect([printed.length, printed.endsWith('a\nthe end\n')]).toEqual([1024 * 1024 + 8, true]);
      expect((await exited)[0]).toBe(7);
    } finally {
      child.kill();
    }
  });

  it('ends on the server when it is interrupted', async () => {
    const stop = new AbortController();
    const left = Promise.withResolvers<void>();
    const read = async (_name: unknown, _wish: unknown, _by: unknown, signal: AbortSignal) => {
      signal.addEventListener('abort', () => left.resolve());
      stop.abort('SIGINT');
      return (async function* () {
        await left.promise;
        yield '';
      })();
    };
    await listen({ logs: { read } });
    await expect(type('logs -f -- shop/app', { signal: stop.signal })).rejects.toBe('SIGINT');
    await left.promise;
  });

  it('that the server breaks off says that it did', async () => {
    const read = async () => {
      void server.close(0);
      return (async function* () {
        await new Promise(() => {});
        yield '';
      })();
    };
    await listen({ logs: { read } });
    await expect(type('logs -f -- shop/app')).rejects.toThrow('has ended the session before the command ended');
  });

  it.each<[string, (onOutput: OnOutput) => Promise<Execution>, string]>([
    [
      'no server listens',
      startRelay,
      'the server in pod gitkube/gitkube-0 takes no commands now: no server listens in',
    ],
    [
      'the server knows no such program',
      other(2, { stderr: "error: unknown command '__relay'\nhint: --help" }),
      'the server in pod gitkube/gitkube-0 is older than this program',
    ],
    ['another program answers', other(0, { stdout: 'Hello, world' }), 'does not speak as a server of Gitkube'],
    [
      'it names no version',
      other(0, { stdout: `${frame('H', '{"version":1}')}` }),
      'does not speak as a server of Gitkube',
    ],
    [
      'the exit code is none',
      other(0, { stdout: `${frame('H', '{"version":"1"}')}${frame('C', '"1 and more"')}` }),
      'does not speak as a server of Gitkube',
    ],
    ['it ends at once', other(3, { stderr: 'out of memory\n' }), 'ended with 3: out of memory'],
  ])('says so where %s', async (_, start, message) => {
    await listen({});
    await server.close(0);
    const thrown = await type('status -- shop/app', { start }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(GitkubeError);
    expect(thrown).toMatchObject({ reason: 'ServerUnreachable', message: expect.stringContaining(message) });
  });
});
