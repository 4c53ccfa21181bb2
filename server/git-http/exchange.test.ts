import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { GitProcess } from '../git/git-process.ts';
import { exchange } from './exchange.ts';

type Taken = [IncomingMessage, ServerResponse];

let server: Server;
let taken: Promise<Taken>;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  taken = once(server, 'request') as Promise<Taken>;
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function post(headers: Record<string, string> = {}) {
  const { port } = server.address() as AddressInfo;
  const client = request({ port, host: '127.0.0.1', method: 'POST', headers });
  client.on('error', () => {});
  return client;
}

/** A git that has what it is sent, and answers when a test says so. */
function makeGit() {
  const done = Promise.withResolvers<number>();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.resume().on('error', () => {});
  const answer = (text: string, code = 0) => {
    stdout.end(text);
    done.resolve(code);
  };
  const end = vi.fn(() => answer('', 143));
  return {
    git: { stdin, stdout, stderr, done: done.promise, end, hear: () => {} } as unknown as GitProcess,
    answer,
    end,
  };
}

const how = (received = false) => ({
  ...{ type: 'text/plain', maxInflatedBytes: 1000, unreadMs: 60_000, received: () => received },
});

it('what git answers is the answer, behind what it begins with', async () => {
  const client = post();
  client.end('body');
  const { git, answer } = makeGit();
  const exchanged = exchange(git, ...(await taken), { ...how(), begin: 'first ' });
  answer('second');
  const [response] = (await once(client, 'response')) as [IncomingMessage];
  expect(Buffer.concat(await response.toArray()).toString()).toBe('first second');
  expect(await exchanged).toBeUndefined();
});

it('a client that has left before git begins ends it, and one whose push was received does not', async () => {
  for (const received of [false, true]) {
    taken = once(server, 'request') as Promise<Taken>;
    const client = post();
    client.write('half');
    const [incoming, response] = await taken;
    client.destroy();
    await new Promise((resolve) => incoming.on('error', () => {}).once('close', resolve));
    const { git, answer, end } = makeGit();
    const exchanged = exchange(git, incoming, response, how(received));
    if (received) answer('unread');
    expect(await exchanged).toBeUndefined();
    expect(end.mock.calls).toHaveLength(received ? 0 : 1);
  }
});

it('a body that cannot be inflated, or is too large inflated, is refused', async () => {
  for (const body of [Buffer.from('no gzip'), gzipSync(Buffer.alloc(5000))]) {
    taken = once(server, 'request') as Promise<Taken>;
    const client = post({ 'content-encoding': 'gzip' });
    client.end(body);
    const { git } = makeGit();
    const error = await exchange(git, ...(await taken), how());
    expect(error).toMatchObject({ reason: 'UsageInvalid' });
  }
});

it('a body is read to its end where git ends before it', async () => {
  const client = post();
  client.write('begins');
  const { git, answer } = makeGit();
  const exchanged = exchange(git, ...(await taken), how());
  git.stdin.destroy();
  answer('refused');
  client.end(Buffer.alloc(5_000_000));
  const [response] = (await once(client, 'response')) as [IncomingMessage];
  expect(Buffer.concat(await response.toArray()).toString()).toBe('refused');
  await exchanged;
});
