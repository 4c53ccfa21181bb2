import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Gate, type GateLimits } from './gate.ts';

const limits: GateLimits = {
  loginGraceMs: 60_000,
  maxUnauthenticated: 3,
  maxUnauthenticatedPerSource: 3,
  maxConnections: 100,
  patienceMs: 60_000,
  penalties: { freeFailures: 1, firstMs: 200, maxMs: 200, forgetMs: 60_000 },
};

const open: { gate: Gate; sockets: Socket[] }[] = [];

async function start(changes: Partial<GateLimits> = {}) {
  const accepted: Socket[] = [];
  const gate = new Gate({ ...limits, ...changes }, (socket) => accepted.push(socket));
  const port = await gate.listen('127.0.0.1', 0);
  const sockets: Socket[] = [];
  open.push({ gate, sockets });
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  return { gate, accepted, dial, port };
}

afterEach(async () => {
  for (const { gate, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    gate.destroyAll();
    await gate.close();
  }
});

describe('the gate', () => {
  it('says what is wrong with an address that it cannot listen on', async () => {
    const { port } = await start();
    const second = new Gate(limits, () => {});
    const taken = { reason: 'ConfigInvalid', message: expect.stringContaining('another program listens there') };
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject(taken);
  });

  it('ends a connection that shows no key in time, even one that says nothing at all', async () => {
    const { dial } = await start({ loginGraceMs: 20 });
    await once(await dial(), 'close');
  });

  it('takes so many connections without a key and no more', async () => {
    const { dial } = await start();
    await Promise.all([dial(), dial(), dial()]);
    await once(await dial(), 'close');
  });

  it('has room again for whoever comes when one has shown its key', async () => {
    const { gate, accepted, dial } = await start({ maxUnauthenticated: 1 });
    const first = await dial();
    while (accepted.length < 1) await new Promise(setImmediate);
    gate.ticket('127.0.0.1', first.localPort ?? 0)?.admit();
    await dial();
    while (accepted.length < 2) await new Promise(setImmediate);
    expect(accepted).toHaveLength(2);
  });

  it('makes room for a newcomer by ending who has shown no key for longest, and nobody who has', async () => {
    const { gate, accepted, dial } = await start({ maxUnauthenticatedPerSource: 2, patienceMs: 0 });
    const next = async () => {
      const before = accepted.length;
      const socket = await dial();
      while (accepted.length === before) await new Promise(setImmediate);
      return socket;
    };
    const pushing = await next();
    gate.ticket('127.0.0.1', pushing.localPort ?? 0)?.admit();
    const silent = await next();
    await next();
    const gone = once(silent, 'close');
    await next();
    await gone;
    expect(pushing.destroyed).toBe(false);
  });

  it('answers keys of a source later whose logins have failed, until one succeeds', async () => {
    const { gate, accepted, dial } = await start();
    const socket = await dial();
    while (accepted.length < 1) await new Promise(setImmediate);
    const ticket = gate.ticket('127.0.0.1', socket.localPort ?? 0);
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
