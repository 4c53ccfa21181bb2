import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBaseImage } from './base-image.ts';
import { createCapsule, destroyCapsule, findCapsule } from './capsule.ts';
import { makeCgroups, removeCgroups } from './cgroups.ts';
import { loadAndPush, startEngine } from './engine.ts';
import { startControlPlane } from './kubernetes.ts';
import { connect } from './network.ts';
import { startContainerd, startNode } from './node.ts';
import { partProcess, type Rig } from './parts.ts';
import type { Progress } from './progress.ts';
import { registryPort, startRegistry } from './registry.ts';
import { type ClusterEnv, rigName } from './state.ts';

export interface LocalRigOptions {
  readonly stateDir: string;
  readonly cacheDir: string;
  /** The program that holds all of Kubernetes. */
  readonly kube: string;
  /** True: everything ends with this process. */
  readonly owned: boolean;
  readonly progress: Progress;
}

/** Brings up Kubernetes, an engine and a registry in a capsule of their own. */
export async function startLocalRig(options: LocalRigOptions): Promise<ClusterEnv> {
  const { stateDir, cacheDir, kube, owned, progress } = options;
  const cgroup = rigName(stateDir);
  const { rig, network } = await progress.step('namespaces and addresses', async () => {
    await makeCgroups(cgroup);
    const capsule = await createCapsule({ stateDir, cacheDir, log: join(stateDir, 'logs/capsule.log'), owned });
    return { rig: { stateDir, cgroup, capsule }, network: await connect(capsule) };
  });
  const registry = `${network.nodeAddress}:${registryPort}`;
  const baseImage = `${registry}/busybox:1`;
  const sandboxImage = { archive: join(stateDir, 'busybox.tar'), name: baseImage };
  await writeBaseImage({ file: sandboxImage.archive, names: [baseImage], busybox: '/bin/busybox' });

  const cluster = async () => {
    const runtime = progress.step('containerd', () => startContainerd({ rig, network, registry, sandboxImage }));
    const start = progress.step('Kubernetes API', () => startControlPlane({ rig, network, kube }));
    const [controlPlane] = await Promise.all([start, runtime]);
    await progress.step('Kubernetes node', () => startNode({ rig, network, kube, controlPlane }));
    return controlPlane.kubeconfig;
  };
  const images = async () => {
    const engine = progress.step('Docker Engine', () => startEngine({ rig, network, registry }));
    const store = progress.step('registry', () => startRegistry(rig, registry));
    const [socket] = await Promise.all([engine, store]);
    await progress.step('base image', () => loadAndPush(socket, sandboxImage.archive, baseImage));
    return socket;
  };
  const [kubeconfig, engineSocket] = await bothOrFirstError(cluster(), images());
  const kubectl = await writeKubectl(stateDir, kube, kubeconfig);
  const { nodeAddress, hostAddress } = network;
  return { stateDir, kubeconfig, kubectl, engineSocket, registry, nodeAddress, hostAddress, baseImage };
}

/** Ends everything that `startLocalRig` began, however far it came. */
export async function stopLocalRig(stateDir: string): Promise<void> {
  const capsule = findCapsule(stateDir);
  if (capsule !== undefined) await destroyCapsule(capsule);
  await removeCgroups(rigName(stateDir));
}

/** The rig of a state folder, if its capsule lives. */
export function findLocalRig(stateDir: string): Rig | undefined {
  const capsule = findCapsule(stateDir);
  return capsule === undefined ? undefined : { stateDir, cgroup: rigName(stateDir), capsule };
}

/** Each part that was ever started in the rig, and whether it runs. */
export function partStates(stateDir: string): { name: string; runs: boolean }[] {
  const folder = join(stateDir, 'run');
  if (!existsSync(folder)) return [];
  const rig = findLocalRig(stateDir);
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
  return names.sort().map((name) => ({ name, runs: rig !== undefined && partProcess(rig, name) !== undefined }));
}

/** Waits for both, so that nothing goes on in the background after a failure; throws the error that came first. */
async function bothOrFirstError<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  try {
    return await Promise.all([first, second]);
  } finally {
    await Promise.allSettled([first, second]);
  }
}

async function writeKubectl(stateDir: string, kube: string, kubeconfig: string): Promise<string> {
  const file = join(stateDir, 'bin/kubectl');
  await mkdir(join(stateDir, 'bin'), { recursive: true });
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const script = `#!/bin/sh\nexport KUBECONFIG=\${KUBECONFIG:-${quote(kubeconfig)}}\nexec ${quote(kube)} kubectl "$@"\n`;
  await writeFile(file, script, { mode: 0o755 });
  return file;
}
