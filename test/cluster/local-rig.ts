import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { busyboxProgram, writeBaseImage } from './base-image.ts';
import { createCapsule, destroyCapsule, findCapsule } from './capsule.ts';
import { joinFiles, makeCgroups, removeCgroups } from './cgroups.ts';
import { startContainerd } from './containerd.ts';
import { startEngine } from './engine.ts';
import { loadAndPush } from './engine-api.ts';
import { writeKubectl } from './kubectl.ts';
import { startControlPlane } from './kubernetes.ts';
import { connect } from './network.ts';
import { startNode } from './node.ts';
import { partProcess, type Rig } from './parts.ts';
import type { Progress } from './progress.ts';
import { registryPort, startRegistry } from './registry.ts';
import { type ClusterEnv, rigName } from './state.ts';
import { until } from './until.ts';

export interface LocalRigOptions {
  readonly stateDir: string;
  readonly cacheDir: string;
  /** The program that holds all of Kubernetes. */
  readonly kube: string;
  /** True: everything ends with this process. Otherwise it does only until it has come up. */
  readonly owned: boolean;
  readonly progress: Progress;
}

/** Brings up Kubernetes, an engine and a registry in a capsule of their own. */
export async function startLocalRig(options: LocalRigOptions): Promise<ClusterEnv> {
  const { stateDir, cacheDir, kube, owned, progress } = options;
  const cgroup = rigName(stateDir);
  const { rig, network } = await progress.step('namespaces and addresses', async () => {
    await makeCgroups(cgroup);
    const capsule = await createCapsule({ stateDir, cacheDir, cgroupFiles: await joinFiles(cgroup) });
    const network = await connect(capsule);
    await writeFile(interfaceFile(stateDir), network.interfaceName);
    return { rig: { stateDir, cgroup, capsule }, network };
  });
  const registry = `${network.nodeAddress}:${registryPort}`;
  const baseImage = `${registry}/busybox:1`;
  const sandboxImage = { archive: join(stateDir, 'busybox.tar'), name: baseImage };
  await writeBaseImage({ file: sandboxImage.archive, names: [baseImage, 'busybox:latest'], busybox: busyboxProgram });

  const cluster = async () => {
    const runtime = progress.step('containerd', () => startContainerd({ rig, network, registry, sandboxImage }));
    const start = progress.step('Kubernetes API', () => startControlPlane({ rig, network, kube }));
    const [controlPlane] = await bothOrFirstError(start, runtime);
    await progress.step('Kubernetes node', () => startNode({ rig, network, kube, controlPlane }));
    return controlPlane.kubeconfig;
  };
  const images = async () => {
    const engine = progress.step('Docker Engine', () => startEngine({ rig, network, registry }));
    const store = progress.step('registry', () => startRegistry(rig, registry));
    const [socket] = await bothOrFirstError(engine, store);
    await progress.step('base image', () => loadAndPush(socket, sandboxImage.archive, baseImage));
    return socket;
  };
  const [kubeconfig, engineSocket] = await bothOrFirstError(cluster(), images());
  if (!owned) await rig.capsule.stay();
  const kubectl = await writeKubectl(stateDir, [kube, 'kubectl'], kubeconfig);
  const { nodeAddress, hostAddress } = network;
  return { stateDir, kubeconfig, kubectl, engineSocket, registry, nodeAddress, hostAddress, baseImage };
}

/** Ends everything that `startLocalRig` began, however far it came. */
export async function stopLocalRig(stateDir: string): Promise<void> {
  const capsule = findCapsule(stateDir);
  if (capsule !== undefined) await destroyCapsule(capsule);
  await removeCgroups(rigName(stateDir));
  const file = interfaceFile(stateDir);
  if (!existsSync(file)) return;
  const name = readFileSync(file, 'utf8');
  // The kernel removes a pair of interfaces a moment after the last process of the network is gone.
  await until(`the end of the interface ${name}`, { timeoutMs: 60_000 }, () => !existsSync(`/sys/class/net/${name}`));
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

function interfaceFile(stateDir: string): string {
  return join(stateDir, 'interface');
}

/** Waits for both, so that nothing goes on in the background after a failure; throws the error that came first. */
async function bothOrFirstError<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  try {
    return await Promise.all([first, second]);
  } finally {
    await Promise.allSettled([first, second]);
  }
}
