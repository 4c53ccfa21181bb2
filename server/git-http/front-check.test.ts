import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { checkLimits, FrontCheck } from './front-check.ts';

const path = `/-/check/${'0a'.repeat(16)}`;
let clock: ManualClock;
let server: Server;
let answered: number;

beforeEach(async () => {
  [clock, answered] = [new ManualClock(), 0];
  const check = new FrontCheck(clock);
  server = createServer(async (asked, response) => {
    const what = check.find(asked);
    if (what) await check.answer(what, asked, response).finally(() => answered++);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function ask(method: string, at = path) {
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, host: '127.0.0.1', method, path: at, agent: false });
  const answer = once(asked, 'response').then(([response]) => response as IncomingMessage);
  answer.catch(() => {});
  return { asked, answer };
}
const get = async (at?: string) => {
  const { asked, answer } = ask('GET', at);
  asked.end();
  return answer;
};

it('a body is counted, and its first bytes are seen while it is still on its way', async () => {
  const { asked, answer } = ask('POST');
  const before = get();
  asked.write('first');
  expect(await text(await before)).toBe('5\n');
  expect(await text(await get())).toBe('5\n');
  asked.end('second');
  expect(await text(await answer)).toBe('11\n');
});

it('where nothing of it comes, that is said after a while', async () => {
  const arrival = get();
  await vi.waitFor(() => expect(clock.delays).toEqual([checkLimits.arrivalMs]));
  clock.advance(checkLimits.arrivalMs);
  expect(await text(await arrival)).toBe('0\n');
});

it('a slow answer begins at once, has a line every five seconds, and an end', async () => {
  const answer = await get('/-/check/slow');
  const chunks: string[] = [];
  answer.on('data', (chunk) => chunks.push(String(chunk)));
  await vi.waitFor(() => expect(chunks).toEqual(['begin\n']));
  for (let round = 1; clock.pending > 0; round++) {
    clock.advance(checkLimits.everyMs);
    await vi.waitFor(() => expect(chunks).toHaveLength(round + 1));
    await vi.waitFor(() => expect(clock.pending === 1 || answer.complete).toBe(true));
  }
  expect(chunks).toEqual(['begin\n', 'wait\n', 'wait\n', 'wait\n', 'end\n']);
});

it('a body of more than 4 MiB ends with its connection', async () => {
  const { asked, answer } = ask('POST');
  asked.on('error', () => {});
  asked.end(Buffer.alloc(checkLimits.bodyBytes + 1));
  await expect(answer).rejects.toThrow();
});

it('a body that is not whole after 30 s ends with its connection', async () => {
  const { asked, answer } = ask('POST');
  asked.on('error', () => {}).write('first');
  await text(await get());
  clock.advance(checkLimits.bodyMs);
  await expect(answer).rejects.toThrow();
});

it('a body that nobody asked for ends with the answer, though its client goes on', async () => {
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nendless\r\n`);
  await vi.waitFor(() => expect(clock.delays).toHaveLength(1));
  clock.advance(checkLimits.arrivalMs);
  const more = setInterval(() => socket.write('7\r\nendless\r\n'), 10);
  await once(socket.on('error', () => {}).resume(), 'close');
  clearInterval(more);
});

it('sixteen are answered at once, and those whose client has left do not count', async () => {
  const all = Array.from({ length: checkLimits.atOnce }, () => ask('GET', '/-/check/slow'));
  for (const { asked } of all) asked.end();
  const answers = await Promise.all(all.map(({ answer }) => answer));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(checkLimits.atOnce).fill(200));
  const refused = await get('/-/check/slow');
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '30']);
  for (const { asked } of all) asked.on('error', () => {}).destroy();
  await vi.waitFor(() => expect(answered).toBe(checkLimits.atOnce + 1));
  expect((await get('/-/check/slow')).statusCode).toBe(200);
});

it.each([
  ['GET', '/-/check'],
  ['GET', '/-/check/'],
  ['POST', '/-/check/slow'],
  ['PUT', path],
  ['POST', `${path}0`],
  ['POST', `${path}?x`],
  ['POST', path.toUpperCase()],
])('%s %s is no request of it', async (method, at) => {
  const { asked, answer } = ask(method, at);
  asked.end();
  expect((await answer).statusCode).toBe(404);
});
