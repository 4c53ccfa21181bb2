import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { busyboxProgram, writeBaseImage } from './base-image.ts';
import { engineAnswers, loadAndPush, machineEngine } from './engine-api.ts';
import { writeKubectl } from './kubectl.ts';
import { ensurePackages, findProgram, needs } from './packages.ts';
import type { Progress } from './progress.ts';
import { RigError } from './rig-error.ts';
import { run } from './run.ts';
import type { ClusterEnv } from './state.ts';

export interface HandedOverOptions {
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
}

/**
 * Uses the cluster of GITKUBE_TEST_KUBECONFIG. What a cluster elsewhere can pull from only its owner knows, so the registry
 * comes along: GITKUBE_TEST_REGISTRY. The engine is GITKUBE_TEST_DOCKER_HOST, or this machine's.
 */
export async function useHandedOver(options: HandedOverOptions): Promise<ClusterEnv> {
  const { stateDir, cacheDir, env, progress } = options;
  const kubeconfig = resolve(env.GITKUBE_TEST_KUBECONFIG ?? '');
  const registry = env.GITKUBE_TEST_REGISTRY;
  if (!registry) {
    throw new RigError('GITKUBE_TEST_KUBECONFIG is set, and GITKUBE_TEST_REGISTRY is not', {
      hint: [
        'name a registry that the engine can push to and the cluster can pull from: GITKUBE_TEST_REGISTRY=host:port',
      ],
    });
  }
  const program = findProgram('kubectl');
  if (program === undefined) throw new RigError('the program kubectl is missing');
  const kubectl = await writeKubectl(stateDir, [program], kubeconfig);
  const nodeAddress = await progress.step('cluster that was handed over', () => firstNode(kubectl));
  const engineSocket = machineEngine(env);
  if (engineSocket === undefined || !(await engineAnswers(engineSocket).catch(() => false))) {
    throw new RigError(`no Docker Engine answers at ${engineSocket ?? env.DOCKER_HOST}`, {
      hint: ['name its socket: GITKUBE_TEST_DOCKER_HOST=unix:///…'],
    });
  }
  await ensurePackages([needs.busybox], cacheDir, progress);
  const baseImage = `${registry}/busybox:1`;
  await progress.step('base image', async () => {
    const file = join(stateDir, 'busybox.tar');
    await writeBaseImage({ file, names: [baseImage], busybox: busyboxProgram });
    await loadAndPush(engineSocket, file, baseImage);
  });
  const hostAddress = await addressTowards(nodeAddress);
  return { stateDir, kubeconfig, kubectl, engineSocket, registry, nodeAddress, hostAddress, baseImage };
}

export async function firstNode(kubectl: string): Promise<string> {
  const path = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  return (await run(kubectl, ['get', 'nodes', '--output', `jsonpath=${path}`, '--request-timeout=10s'])).trim();
}

/** This machine's address on the way to another one. Nothing is sent. */
async function addressTowards(address: string): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.connect(9, address);
  await once(socket, 'connect');
  const own = socket.address().address;
  socket.close();
  return own;
}
