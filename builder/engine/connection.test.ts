import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { EngineConnection } from './connection.ts';

const folder = mkdtempSync(join(tmpdir(), 'gitkube-connection-'));
const socket = `${folder}/docker.sock`;
const server = http.createServer((request, response) => {
  response.write('{}');
  if (request.url !== '/events') response.end();
});

afterAll(() => {
  server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

it('a request costs the same however many others are under way', async () => {
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const { signal } = new AbortController();
  const connection = new EngineConnection({ host: `unix://${socket}` });
  const { req: other } = await connection.dial<{ req: http.ClientRequest }>(signal, { path: '/events', method: 'GET' });
  let looks = 0;
  const look = () => {
    looks++;
    return 'another request';
  };
  Object.defineProperty(other, inspect.custom, { value: look });
  inspect(other);
  expect(looks).toBe(1);
  expect(await connection.json(signal, '/version')).toEqual({});
  expect(looks).toBe(1);
  other.destroy();
});
