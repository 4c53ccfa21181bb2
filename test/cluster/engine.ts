import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { engineAnswers } from './engine-api.ts';
import type { Network } from './network.ts';
import { type Rig, startPart, untilAnswers } from './parts.ts';

export interface EngineOptions {
  readonly rig: Rig;
  readonly network: Network;
  /** host:port of a registry that the engine speaks to without TLS. */
  readonly registry: string;
}

/** Starts a Docker Engine of the rig's own; returns the path of its socket. */
export async function startEngine({ rig, network, registry }: EngineOptions): Promise<string> {
  const socket = join(rig.stateDir, 'docker.sock');
  const config = join(rig.stateDir, 'dockerd.json');
  // An own, empty file keeps the machine's /etc/docker/daemon.json out.
  await writeFile(config, '{}');
  await startPart(rig, {
    name: 'dockerd',
    command: [
      ...(['dockerd', `--config-file=${config}`, `--host=unix://${socket}`] as const),
      ...[`--data-root=${join(rig.stateDir, 'docker')}`, '--exec-root=/run/docker', '--pidfile=/run/docker.pid'],
      ...[`--bip=${network.engineBridge}`, `--insecure-registry=${registry}`, '--log-level=warn'],
      ...[`--cgroup-parent=/${rig.cgroup}/engine`, '--exec-opt=native.cgroupdriver=cgroupfs'],
      // A container's root may lack the right to lower it.
      '--oom-score-adjust=0',
    ],
  });
  await untilAnswers(rig, 'dockerd', () => engineAnswers(socket));
  return socket;
}
