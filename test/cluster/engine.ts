import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { killPart, type Rig, startPart, untilAnswers } from './parts.ts';
import { request } from './request.ts';
import { RigError } from './rig-error.ts';

export interface EngineOptions {
  readonly rig: Rig;
  readonly network: Network;
  /** host:port of a registry that the engine speaks to without TLS. */
  readonly registry: string;
}

/** Starts a Docker Engine of the rig's own; returns the path of its socket. */
export async function startEngine({ rig, network, registry }: EngineOptions): Promise<string> {
  const socket = engineSocket(rig.stateDir);
  const config = join(rig.stateDir, 'dockerd.json');
  // An own, empty file keeps the machine's /etc/docker/daemon.json out.
  await writeFile(config, '{}');
  await startPart(rig, {
    name: 'dockerd',
    command: [
      ...(['dockerd', `--config-file=${config}`, `--host=unix://${socket}`] as const),
      ...[`--data-root=${join(rig.stateDir, 'docker')}`, '--exec-root=/run/docker', '--pidfile=/run/docker.pid'],
      ...[`--bip=${network.engineBridge}`, `--insecure-registry=${registry}`, `--cgroup-parent=/${rig.cgroup}/engine`],
      ...['--oom-score-adjust=0', '--log-level=warn'],
    ],
  });
  await untilAnswers(rig, 'dockerd', () => engineAnswers(socket));
  return socket;
}

export async function stopEngine(rig: Rig): Promise<void> {
  await killPart(rig, 'dockerd');
}

export function engineSocket(stateDir: string): string {
  return join(stateDir, 'docker.sock');
}

export async function engineAnswers(socketPath: string): Promise<boolean> {
  return (await request('http://engine/_ping', { socketPath, timeout: 2000 })).status === 200;
}

/** Loads an image archive into an engine and pushes one of its names to the registry that the name starts with. */
export async function loadAndPush(socketPath: string, archive: string, name: string): Promise<void> {
  const headers = { 'content-type': 'application/x-tar' };
  const body = createReadStream(archive);
  await call(socketPath, '/images/load?quiet=1', { body, headers });
  const [, repository = name, tag = 'latest'] = /^(.*):([^:/]+)$/.exec(name) ?? [];
  // The engine wants credentials even where none are needed: base64 of an empty object.
  await call(socketPath, `/images/${repository}/push?tag=${tag}`, { headers: { 'x-registry-auth': 'e30=' } });
}

async function call(
  socketPath: string,
  path: string,
  options: { body?: AsyncIterable<Uint8Array>; headers: Record<string, string> },
): Promise<void> {
  const response = await request(`http://engine${path}`, { method: 'POST', socketPath, ...options });
  // Failures after the first byte come as a line of the stream, with status 200.
  const failure = /"(?:error|message)":"([^"]*)"/.exec(response.body);
  if (response.status >= 300 || failure?.[0].startsWith('"error"')) {
    throw new RigError(`the engine refuses ${path}: ${failure?.[1] ?? `status ${response.status}`}`);
  }
}
