import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionLimiter, type ConnectionLimits } from './connection-limiter.ts';

const limits: ConnectionLimits = {
  loginGraceMs: 60_000,
  maxUnauthenticated: 3,
  maxUnauthenticatedPerSource: 3,
  maxConnections: 100,
  patienceMs: 60_000,
  throttle: { freeFailures: 1, firstMs: 200, maxMs: 200, forgetMs: 60_000 },
};

const open: { limiter: ConnectionLimiter; sockets: Socket[] }[] = [];

async function start(changes: Partial<ConnectionLimits> = {}) {
  const accepted: Socket[] = [];
  const limiter = new ConnectionLimiter({ ...limits, ...changes }, (socket) => accepted.push(socket));
  const port = await limiter.listen('127.0.0.1', 0);
  const sockets: Socket[] = [];
  open.push({ limiter, sockets });
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  return { limiter, accepted, dial, port };
}

afterEach(async () => {
  for (const { limiter, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    limiter.destroyAll();
    await limiter.close();
  }
});

describe('the limiter', () => {
  it('says what is wrong with an address that it cannot listen on', async () => {
    const { port } = await start();
    const second = new ConnectionLimiter(limits, () => {});
    const taken = { reason: 'ConfigInvalid', message: expect.stringContaining('another program listens there') };
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject(taken);
  });

  it('ends a connection that shows no key in time, even a silent one', async () => {
    const { dial } = await start({ loginGraceMs: 20 });
    await once(await dial(), 'close');
  });

  it('takes a limited number of connections without a key', async () => {
    const { dial } = await start();
    await Promise.all([dial(), dial(), dial()]);
    await once(await dial(), 'close');
  });

  it('has room for another connection once one has shown its key', async () => {
    const { limiter, accepted, dial } = await start({ maxUnauthenticated: 1 });
    const first = await dial();
    while (accepted.length < 1) await new Promise(setImmediate);
    limiter.ticket('127.0.0.1', first.localPort ?? 0)?.admit();
    await dial();
    while (accepted.length < 2) await new Promise(setImmediate);
    expect(accepted).toHaveLength(2);
  });

  it('makes room for a new connection by ending the one that has shown no key for longest, and none with a key', async () => {
    const { limiter, accepted, dial } = await start({ maxUnauthenticatedPerSource: 2, patienceMs: 0 });
    const next = async () => {
      const before = accepted.length;
      const socket = await dial();
      while (accepted.length === before) await new Promise(setImmediate);
      return socket;
    };
    const pushing = await next();
    limiter.ticket('127.0.0.1', pushing.localPort ?? 0)?.admit();
    const silent = await next();
    await next();
    const gone = once(silent, 'close');
    await next();
    await gone;
    expect(pushing.destroyed).toBe(false);
  });

  it('delays the answer to a source whose logins have failed, until one succeeds', async () => {
    const { limiter, accepted, dial } = await start();
    const socket = await dial();
    while (accepted.length < 1) await new Promise(setImmediate);
    const ticket = limiter.ticket('127.0.0.1', socket.localPort ?? 0);
    expect(ticket?.refusalDelayMs).toBe(0);
    ticket?.refuse();
    ticket?.refuse();
    expect(ticket?.refusalDelayMs).toBe(200);
    ticket?.admit();
    expect(ticket?.refusalDelayMs).toBe(0);
  });

  it('does not count a connection that has left', async () => {
    const { accepted, dial } = await start({ maxUnauthenticated: 1 });
    const first = await dial();
    while (accepted.length < 1) await new Promise(setImmediate);
    const gone = once(accepted[0] as Socket, 'close');
    first.destroy();
    await gone;
    await dial();
    while (accepted.length < 2) await new Promise(setImmediate);
    expect(accepted).toHaveLength(2);
  });
});
