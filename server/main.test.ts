import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { FaultyApiServer } from '../test/support/faulty-api-server.ts';
import { parseConfig } from './config.ts';
import { startServer } from './main.ts';

const root = join(import.meta.dirname, '..');
const soon = { timeout: 20_000 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-main-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('probes are answered while the server waits for the cluster, and readiness ends with the signal to stop', async () => {
  await using api = await FaultyApiServer.start();
  // Until this test has seen the server wait.
  api.listFaults.push(...Array.from({ length: 100 }, () => 'status 500' as const));
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) });
  const portOf = (name: string) => lines.join('').match(new RegExp(`"${name}":(\\d+)`))?.[1];
  const stop = new AbortController();
  const config = parseConfig({
    GITKUBE_DATA: folder,
    GITKUBE_KUBECONFIG: api.kubeconfig,
    GITKUBE_SSH_LISTEN: '127.0.0.1:0',
    GITKUBE_HTTP_LISTEN: '127.0.0.1:0',
  });
  const log = pino(sink);
  const onDataLost = ({ message }: Error) => expect.unreachable(message);
  const common = { config, log, clock: systemClock, root, version: '1', onDataLost };
  const starting = startServer({ ...common, signal: stop.signal });
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${portOf('httpPort')}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  await vi.waitFor(() => expect(portOf('httpPort')).toBeDefined(), soon);
  expect(await ask('/healthz')).toBe('200 ok\n');
  const waiting =
    '503 [+] running\n[+] data\n[-] remotes: waiting for the Kubernetes API to list them\n[-] ssh: not started yet\n';
  await vi.waitFor(async () => expect(await ask('/readyz')).toBe(waiting), soon);
  api.listFaults.length = 0;
  await using _server = await starting;
  expect(await ask('/readyz')).toBe('200 [+] running\n[+] data\n[+] remotes\n[+] ssh\n');
  expect(await ask('/metrics')).toContain('gitkube_remotes 0');
  stop.abort();
  expect(await ask('/readyz')).toContain('503 [-] running: shutting down');
});
