import { EventEmitter } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { beforeEach, expect, it, vi } from 'vitest';
import { Connections } from './connections.ts';

let server: EventEmitter;
let connections: Connections;
let port: number;

beforeEach(() => {
  [server, port] = [new EventEmitter(), 1];
  connections = new Connections(server as unknown as Server, (address) => address === '10.0.0.1');
});

function connect(remoteAddress = '192.0.2.1') {
  const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort: port++, destroy: vi.fn() });
  socket.destroy.mockImplementation(() => socket.emit('close'));
  server.emit('connection', socket);
  return socket as unknown as Socket & typeof socket;
}
const isOpen = ({ destroy }: { destroy: unknown }) => vi.mocked(destroy as () => void).mock.calls.length === 0;

it('without a token, twenty connections of a source are kept, and a hundred in all', () => {
  expect(Array.from({ length: 21 }, () => connect()).filter(isOpen)).toHaveLength(20);
  const others = Array.from({ length: 90 }, (_, n) => connect(`198.51.100.${n}`));
  expect(others.filter(isOpen)).toHaveLength(80);
});

it('one with a right token, and one that has ended, does not count', () => {
  const [first, second] = Array.from({ length: 20 }, () => connect());
  connections.admit(first as Socket);
  second?.destroy();
  expect([connect(), connect(), connect()].map(isOpen)).toEqual([true, true, false]);
});

it('one that is silent for two seconds makes room, the oldest first', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const [first, second] = Array.from({ length: 20 }, () => connect());
  now.mockReturnValue(2000);
  expect([connect(), first, second].map((one) => one && isOpen(one))).toEqual([true, false, true]);
  now.mockRestore();
});

it('a proxy has as many as it wants', () => {
  expect(Array.from({ length: 200 }, () => connect('10.0.0.1')).every(isOpen)).toBe(true);
});

const makeResponse = () =>
  Object.assign(new EventEmitter(), { writableEnded: false, closed: false }) as unknown as ServerResponse;

it('a connection has one request at a time, and all of them end at the end', async () => {
  const [one, other] = [connect(), connect()];
  const [first, second] = [makeResponse(), makeResponse()];
  expect(await connections.begin(one, first)).toBe(true);
  expect(await connections.begin(one, second)).toBe(false);
  expect(await connections.begin(other, makeResponse())).toBe(true);
  Object.assign(first, { writableEnded: true });
  const next = connections.begin(one, second);
  first.emit('close');
  expect(await next).toBe(true);
  connections.destroyAll();
  expect([one, other].some(isOpen)).toBe(false);
});
