import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Principal } from '../access/principal.ts';
import type { RunClient } from '../runs/client.ts';
import { inputWindow, socketName, toServer } from './frames.ts';
import { SocketServer, type SocketServerOptions } from './socket-server.ts';
import { SocketClient } from './testing/socket-client.ts';

const screen = { columns: 80, rows: 24, isRaw: true, hasColors: true, isScreen: true };

let folder: string;
let server: SocketServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-socket-'));
});
afterEach(async () => {
  await server?.close(0);
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** Listens with a backend that has this. */
async function listen(backend: object, changes: Partial<SocketServerOptions> = {}): Promise<boolean> {
  const limits = { unreadMs: 60_000, silentMs: 60_000 };
  const options = {
    folder,
    version: '1.2.3',
    ...limits,
    log: silentLogger,
    backend: { urlForm: 'ssh://h/', ...backend },
  };
  server = new SocketServer({ ...options, ...changes } as unknown as SocketServerOptions);
  return server.listen();
}

async function type(line: string): Promise<{ out: string; err: string; code: number | undefined }> {
  const client = new SocketClient(folder);
  client.ask(line);
  return client.ended();
}

/** Pods that print for ever, and what was asked of them. */
function endless() {
  const seen = { lines: 0, principal: undefined as Principal | undefined, ended: Promise.withResolvers<void>() };
  const read = async (_name: unknown, _wish: unknown, principal: Principal, signal: AbortSignal) => {
    seen.principal = principal;
    signal.addEventListener('abort', () => seen.ended.resolve());
    return (async function* () {
      while (!signal.aborted) {
        seen.lines++;
        yield 'x'.repeat(1000);
        if (seen.lines % 100 === 0) await new Promise(setImmediate);
      }
    })();
  };
  return { seen, backend: { logs: { read } } };
}

describe('the socket of the server', () => {
  it('runs a command of the table, as the user of Kubernetes who asks', async () => {
    const asked: unknown[] = [];
    const all = async (...args: unknown[]) => {
      asked.push(...args);
      return [];
    };
    await listen({ deploys: { all } });
    const client = new SocketClient(folder);
    client.ask('deploys -- shop/app', { user: 'ada\u001b[2J' });
    expect(await client.ended()).toEqual({ out: 'nothing was deployed yet\n', err: '', code: 0 });
    expect(client.hello).toEqual({ version: '1.2.3' });
    expect(asked).toEqual([
      { namespace: 'shop', name: 'app' },
      { fingerprint: 'kubernetes:ada', name: 'kubernetes user ada', isTrusted: true },
    ]);
  });

  it('refuses in the words and with the exit codes of ssh', async () => {
    await listen({});
    expect(await type('deploys --josn')).toEqual({
      out: '',
      err: 'gitkube: deploys has no option --josn\nhint: did you mean --json?\nhint: to see what it takes, type: gitkube remote deploys --help\n',
      code: 2,
    });
    expect(await type('statsu')).toMatchObject({ code: 127, err: expect.stringContaining('did you mean status?') });
    expect(await type("git-upload-pack 'shop/app'")).toMatchObject({ code: 127 });
  });

  it('is for the user of the server alone, and replaces what a server that was killed has left', async () => {
    await Promise.all([writeFile(join(folder, 'commands.next'), ''), writeFile(join(folder, socketName), '')]);
    expect(await listen({})).toBe(true);
    const { mode } = await stat(join(folder, socketName));
    expect((mode & 0o777).toString(8)).toBe('600');
    await server?.close(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('has room in a folder with a long path', async () => {
    folder = join(folder, 'x'.repeat(120));
    await mkdir(folder);
    expect(await listen({})).toBe(true);
  });

  it('is no reason not to start where the folder takes none', async () => {
    expect(await listen({}, { folder: '/proc/self' })).toBe(false);
    await server?.close(0);
  });

  it('passes stdin on to its end, also when that is more than may be on its way', async () => {
    const read: Buffer[] = [];
    const run = async (_name: unknown, _wish: unknown, _by: unknown, { input, print }: RunClient) => {
      for await (const bytes of input) read.push(bytes as Buffer);
      await print('stdout', Buffer.from('done'));
      await print('stderr', Buffer.from('not so'));
      return { code: 7, reason: 'Error' };
    };
    await listen({ runs: { run } });
    const client = new SocketClient(folder);
    const input = Buffer.alloc(10 * inputWindow, 'abc');
    client.ask("run shop/app web -- 'cat'");
    await client.sendInput(input);
    expect(await client.ended()).toEqual({ out: 'done', err: 'not so', code: 7 });
    expect(Buffer.concat(read).equals(input)).toBe(true);
  });

  it('passes on the size of a terminal, now and later, and ends lines as it wants them', async () => {
    const sizes: unknown[] = [];
    const run = async (_name: unknown, _wish: unknown, _by: unknown, { terminal, say }: RunClient) => {
      sizes.push(terminal?.size, terminal?.hasColors);
      const { promise, resolve } = Promise.withResolvers<void>();
      terminal?.onResize((size) => {
        sizes.push(size);
        resolve();
      });
      say('look');
      await promise;
      return { code: 0, reason: 'Completed' };
    };
    await listen({ runs: { run } });
    const client = new SocketClient(folder);
    client.ask("run shop/app web -- 'top'", { terminal: screen });
    client.send(toServer.resize, JSON.stringify({ columns: 100, rows: 30 }));
    expect(await client.ended()).toMatchObject({ err: 'gitkube: look\r\n', code: 0 });
    expect(sizes).toEqual([{ columns: 80, rows: 24 }, true, { columns: 100, rows: 30 }]);
  });

  it('notices that a client leaves', async () => {
    const { seen, backend } = endless();
    await listen(backend);
    const client = new SocketClient(folder);
    client.ask('logs -f -- shop/app');
    await once(client.socket, 'data');
    client.socket.destroy();
    await seen.ended.promise;
    expect(seen.principal?.name).toBe('kubernetes user ada');
  });

  it('notices that a client gives no sign of life', async () => {
    const { seen, backend } = endless();
    await listen(backend, { silentMs: 20 });
    const client = new SocketClient(folder);
    client.ask('logs -f -- shop/app');
    await seen.ended.promise;
    expect(await client.ended()).toMatchObject({ code: undefined });
  });

  it('does not go on for a client that reads nothing, and disconnects it in the end', async () => {
    const { seen, backend } = endless();
    await listen(backend, { unreadMs: 100 });
    const client = new SocketClient(folder);
    client.socket.pause();
    client.ask('logs -f -- shop/app');
    await seen.ended.promise;
    // What the kernel keeps of a socket, and one write.
    expect(seen.lines * 1000).toBeLessThan(2 * 1024 * 1024);
  });

  it.each<[string, (client: SocketClient) => void]>([
    ['asks twice', (client) => client.ask('status')],
    ['sends more of stdin than it may', (client) => client.send(toServer.input, Buffer.alloc(250 * 1024))],
    ['sends a frame without an end', (client) => client.socket.write('I\xff\xff\xff\xff', 'latin1')],
    ['asks for what is no request', (client) => client.send(toServer.request, '{"line":1}')],
    ['has a terminal of no size', (client) => client.send(toServer.resize, '{"columns":-1,"rows":1}')],
  ])('disconnects a client that %s', async (_, misbehave) => {
    const { backend } = endless();
    await listen(backend);
    const client = new SocketClient(folder);
    client.ask('logs -f -- shop/app', { terminal: screen });
    for (let times = 1; times <= 5; times++) misbehave(client);
    expect(await client.ended()).toMatchObject({ code: undefined });
  });

  it('takes no more than 10 clients, and says so with the exit code of the command', async () => {
    await listen({ deploys: { all: async () => [] } });
    const connected = () => {
      const client = new SocketClient(folder);
      return once(client.socket, 'data').then(() => client);
    };
    const [first, ...others] = await Promise.all(Array.from({ length: 10 }, connected));
    const refused = [await connected(), await connected()];
    const busy = { err: expect.stringContaining('10 commands of gitkube remote are under way') };
    expect(await type('deploys')).toMatchObject({ code: 2, ...busy });
    expect(await type('run shop/app web -- ls')).toMatchObject({ code: 125, ...busy });
    first?.socket.destroy();
    await first?.ended();
    // A refused one that is still there takes no room.
    const taken = await eventually(async () => {
      const answer = await type('deploys');
      return answer.code === 0 && answer;
    });
    expect(taken.out).toBe('nothing was deployed yet\n');
    for (const { socket } of [...others, ...refused]) socket.destroy();
  });

  it('is closed also when its file cannot be deleted', async () => {
    await listen({});
    await rm(join(folder, socketName));
    await mkdir(join(folder, socketName));
    await server?.close(0);
    expect(await readdir(folder)).toEqual([socketName]);
  });

  it('ends its clients when it is closed, those that stay after a while', async () => {
    const { seen, backend } = endless();
    await listen(backend);
    const client = new SocketClient(folder);
    client.ask('logs -f -- shop/app');
    await once(client.socket, 'data');
    await server?.close(20);
    await seen.ended.promise;
    expect(await client.ended()).toMatchObject({ code: undefined });
  });
});
