import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Capsule, inside } from './capsule.ts';
import { containerRuntime } from './container-runtime.ts';
import type { Network } from './network.ts';
import { type Rig, startPart, untilAnswers } from './parts.ts';
import { run } from './run.ts';

export const containerdSocket = '/run/containerd/containerd.sock';
const overlayFileSystem = 0x794c7630;

export interface ContainerdOptions {
  readonly rig: Rig;
  readonly network: Network;
  /** host:port of the registry, spoken to without TLS. */
  readonly registry: string;
  /** The image that holds a pod's namespaces open: a tar archive, and its name in there. */
  readonly sandboxImage: { readonly archive: string; readonly name: string };
}

/** Starts the container runtime of the node, with the one image that it needs and that no registry is asked for. */
export async function startContainerd({ rig, network, registry, sandboxImage }: ContainerdOptions): Promise<void> {
  const folder = join(rig.stateDir, 'containerd');
  const registryFolder = join(folder, 'registries', registry);
  for (const each of [join(folder, 'cni'), registryFolder]) await mkdir(each, { recursive: true });
  const snapshotter = await snapshotterFor(folder);
  const runtime = await containerRuntime(folder);
  await writeFile(
    join(folder, 'config.toml'),
    containerdConfig({ folder, snapshotter, runtime, sandbox: sandboxImage.name }),
  );
  // hosts.toml: https://github.com/containerd/containerd/blob/main/docs/hosts.md
  // Without `server` it would ask https after a 404 and report that instead.
  const hosts = `server = "http://${registry}"\n[host."http://${registry}"]\n  capabilities = ["pull", "resolve"]\n`;
  await writeFile(join(registryFolder, 'hosts.toml'), hosts);
  await writeFile(join(folder, 'cni/10-gitkube.conflist'), JSON.stringify(podNetwork(network), null, 2));
  await startPart(rig, { name: 'containerd', command: ['containerd', '--config', join(folder, 'config.toml')] });
  await untilAnswers(rig, 'containerd', () => ctr(rig.capsule, ['version']));
  await importToNode(rig, sandboxImage.archive);
}

/** Gives the node an image of an archive, which no registry is asked for then. */
export async function importToNode({ stateDir, capsule }: Rig, archive: string): Promise<void> {
  const snapshotter = await snapshotterFor(join(stateDir, 'containerd'));
  await ctr(capsule, ['--namespace=k8s.io', 'images', 'import', '--snapshotter', snapshotter, archive]);
}

export async function removeFromNode({ capsule }: Rig, image: string): Promise<void> {
  await ctr(capsule, ['--namespace=k8s.io', 'images', 'rm', image]);
}

/** Overlays cannot be stacked on an overlay, as they would be in a CI container. */
async function snapshotterFor(folder: string): Promise<'native' | 'overlayfs'> {
  return (await statfs(folder)).type === overlayFileSystem ? 'native' : 'overlayfs';
}

async function ctr(capsule: Capsule, args: readonly string[]): Promise<string> {
  const [enter, ...rest] = inside(capsule);
  return run(enter, [...rest, 'ctr', `--address=${containerdSocket}`, ...args]);
}

interface ContainerdConfig {
  readonly folder: string;
  readonly snapshotter: string;
  /** A program that takes the commands of runc. */
  readonly runtime: string;
  readonly sandbox: string;
}

function containerdConfig({ folder, snapshotter, runtime, sandbox }: ContainerdConfig): string {
  // Both `restrict` and `disable`: a container's root may lack the right to lower OOM scores, and hugetlb.
  return `version = 2
root = ${JSON.stringify(join(folder, 'root'))}
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  sandbox_image = "${sandbox}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = ${JSON.stringify(join(folder, 'cni'))}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${snapshotter}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = ${JSON.stringify(runtime)}
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${JSON.stringify(join(folder, 'registries'))}
`;
}

/**
 * Each pod hangs on the node by a pair of its own: no bridge, so that services work without the br_netfilter module. Its
 * address is known wherever a pod can get to: no masquerade.
 */
function podNetwork({ podRange }: Network): object {
  return {
    cniVersion: '0.4.0',
    name: 'gitkube',
    plugins: [
      {
        type: 'ptp',
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: '/run/cni',
        },
      },
    ],
  };
}
