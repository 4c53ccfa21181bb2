import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { silentLogger } from '../base/log.ts';
import { startRegistryProxy } from './registry-proxy.ts';

async function registry() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(`${request.method} ${request.url}`));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, target: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function freePort(): Promise<number> {
  const { server, target } = await registry();
  server.close();
  return Number(target.split(':')[1]);
}

it('the registry proxy makes localhost the registry, and ends with everything that is open', async () => {
  const { server, target } = await registry();
  const name = `localhost:${await freePort()}`;
  const forward = await startRegistryProxy({ name, target, log: silentLogger });
  const body = 'x'.repeat(1_000_000);
  expect(await (await fetch(`http://${name}/v2/a/blobs`, { method: 'PUT', body })).text()).toBe('PUT /v2/a/blobs');
  await forward[Symbol.asyncDispose]();
  await expect(fetch(`http://${name}/v2/`)).rejects.toThrow();
  server.close();
});

it('the registry proxy only closes the connection when the registry is not there', async () => {
  const name = `localhost:${await freePort()}`;
  const target = `127.0.0.1:${await freePort()}`;
  await using _forward = await startRegistryProxy({ name, target, log: silentLogger });
  await expect(fetch(`http://${name}/v2/`)).rejects.toThrow();
  await expect(fetch(`http://${name}/v2/`)).rejects.toThrow();
});

it.each([['registry.example.com:5000'], ['127.0.0.1:5000']])(
  'the registry proxy refuses %s, which is not localhost',
  async (name) => {
    const options = { name, target: 'registry:5000', log: silentLogger };
    await expect(startRegistryProxy(options)).rejects.toMatchObject({ reason: 'ConfigInvalid' });
  },
);

it('the registry proxy says that the port is taken', async () => {
  const { server, target } = await registry();
  const name = `localhost:${target.split(':')[1]}`;
  const message = expect.stringContaining('EADDRINUSE');
  await expect(startRegistryProxy({ name, target, log: silentLogger })).rejects.toMatchObject({ message });
  server.close();
});
