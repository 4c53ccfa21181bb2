import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { Transport } from './transport.ts';

let server: Server;
let transport: Transport;

/** Answers with what it was asked, and on which of its connections. */
beforeAll(async () => {
  const connections: unknown[] = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (!connections.includes(request.socket)) connections.push(request.socket);
    response.end(`${request.method} ${body} on connection ${connections.indexOf(request.socket)}`);
  });
  // It would hang up on a client that is held up for five seconds.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const config = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  config.loadFromClusterAndUser({ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, { name: 'u' });
  transport = new Transport(config, systemClock);
});
afterAll(() => {
  transport.close();
  server.close();
});

describe('a request over a kept connection', () => {
  it.each(['POST', 'PATCH', 'DELETE'])('of %s sends its body as a part of itself', async (method) => {
    const send = (call: { method: string; body?: string }) =>
      transport.send({ ...call, url: transport.url('/'), timeoutMs: 60_000 });
    expect(await send({ method, body: '{"é":1}' })).toMatchObject({
      status: 200,
      body: `${method} {"é":1} on connection 0`,
    });
    expect(await send({ method: 'GET' })).toMatchObject({ status: 200, body: 'GET  on connection 0' });
  });
});

it('a call has its time limit also while the kubeconfig gets the credentials', async () => {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'c', server: 'http://127.0.0.1:9', skipTLSVerify: true }, { name: 'u' });
  config.applyToHTTPSOptions = () => new Promise(() => {});
  const clock = new ManualClock();
  const silent = new Transport(config, clock);
  const call = { method: 'GET', url: silent.url('/'), timeoutMs: 30_000 };
  const sent = Promise.all([
    expect(silent.send(call)).rejects.toThrow('no answer within 30 s'),
    expect(silent.open(call)).rejects.toThrow('no answer within 30 s'),
  ]);
  clock.advance(30_000);
  await sent;
  silent.close();
});
