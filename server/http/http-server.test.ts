import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { Health } from './health.ts';
import { HttpServer, text } from './http-server.ts';

let server: HttpServer;
let port: number;

beforeEach(async () => {
  const broken = () => {
    throw new Error('a secret of the inside');
  };
  server = new HttpServer({ '/healthz': () => text(200, 'ok'), '/broken': broken }, silentLogger);
  port = await server.listen('127.0.0.1', 0);
});
afterEach(() => server[Symbol.asyncDispose]());

const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);

/** Everything that the server answers until it closes the connection. */
async function raw(...parts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return answer;
}

describe('the HTTP server', () => {
  it('answers its paths, with or without a query, and lists them for any other', async () => {
    expect(await (await ask('/healthz?verbose')).text()).toBe('ok\n');
    const missing = await ask('/etc/passwd');
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain('/healthz');
    expect((await ask('/__proto__')).status).toBe(404);
  });

  it('answers HEAD without a body', async () => {
    const response = await ask('/healthz', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '3', '']);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const response = await ask('/healthz', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('does not reveal internal errors', async () => {
    const response = await ask('/broken');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  it.each([
    ['a length', 'Content-Length: 1000000000\r\n'],
    ['chunks', 'Transfer-Encoding: chunked\r\n'],
    ['a question before', 'Expect: 100-continue\r\nContent-Length: 5\r\n'],
  ])('refuses a body, announced by %s, without reading it', async (_, header) => {
    expect(await raw(`GET /healthz HTTP/1.1\r\nHost: x\r\n${header}\r\n`)).toMatch(/^HTTP\/1.1 413/);
  });

  it('closes a connection without HTTP, or with endless headers', async () => {
    expect(await raw('SSH-2.0-x\r\n\r\n')).not.toContain('200');
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: x\r\n', `X: ${'y'.repeat(20_000)}`)).not.toContain('200');
  });

  it('ends with open connections', async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await server[Symbol.asyncDispose]();
    await closed;
  });

  it('says what is wrong with an address that it cannot listen on', async () => {
    const second = new HttpServer({}, silentLogger);
    const taken = { reason: 'ConfigInvalid', message: expect.stringContaining('another program listens there') };
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject(taken);
  });
});

describe('readiness', () => {
  it('fails with a line for what is missing, and holds when nothing is', () => {
    const health = new Health('remotes', 'ssh');
    health.set('remotes', () => undefined);
    expect(health.answer()).toMatchObject({ status: 503, body: '[+] remotes\n[-] ssh: not started yet\n' });
    health.set('ssh', () => undefined);
    expect(health.answer()).toMatchObject({ status: 200, body: '[+] remotes\n[+] ssh\n' });
  });
});
