import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { Transport } from './transport.ts';

it('a token that the kubelet has renewed is used a minute later, whatever the wall clock is set to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-token-'));
  const server = createServer((request, response) => response.end(request.headers.authorization));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tokenFile = join(folder, 'token');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } },
  );
  const clock = new ManualClock();
  const transport = new Transport(config, clock);
  const used = async () => (await transport.send({ method: 'GET', url: transport.url('/'), timeoutMs: 60_000 })).body;
  try {
    await writeFile(tokenFile, 'first\n');
    expect(await used()).toBe('Bearer first');
    await writeFile(tokenFile, 'second\n');
    clock.setWall(-3_600_000);
    clock.advance(59_000);
    expect(await used()).toBe('Bearer first');
    clock.advance(1000);
    expect(await used()).toBe('Bearer second');
  } finally {
    transport.close();
    server.close();
    await rm(folder, { recursive: true });
  }
});
