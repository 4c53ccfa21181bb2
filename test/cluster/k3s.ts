import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { busyboxProgram, writeBaseImage } from './base-image.ts';
import {
  createContainer,
  createNetwork,
  inspect,
  lastContainerLines,
  published,
  publishedAt,
  pull,
  startContainer,
} from './containers.ts';
import { callEngine, engineAnswers, loadAndPush, machineEngine } from './engine-api.ts';
import { writeKubectl } from './kubectl.ts';
import { findProgram } from './packages.ts';
import type { Progress } from './progress.ts';
import { RigError } from './rig-error.ts';
import { run } from './run.ts';
import { type ClusterEnv, rigName } from './state.ts';
import { until } from './until.ts';

const defaultImage = 'rancher/k3s:v1.31.2-k3s1';
const registryImage = 'registry:2';

/** An engine of this machine that has K3s or can pull it. */
export interface K3sSource {
  readonly socket: string;
  readonly image: string;
}

/** Looks for K3s for a few seconds at most. GITKUBE_TEST_K3S names another image, or says `off`. */
export async function findK3s(env: NodeJS.ProcessEnv): Promise<K3sSource | undefined> {
  const socket = machineEngine(env);
  const image = env.GITKUBE_TEST_K3S || defaultImage;
  if (image === 'off' || socket === undefined) return undefined;
  if (!(await engineAnswers(socket).catch(() => false))) return undefined;
  const available = await Promise.all([image, registryImage].map((name) => isAvailable(socket, name)));
  return available.every(Boolean) ? { socket, image } : undefined;
}

/** Whether the engine has the image, or its registry answers for it. */
async function isAvailable(socket: string, image: string): Promise<boolean> {
  const there = async (path: string) => (await callEngine(socket, path, { timeout: 5000 })) !== '';
  return (
    (await there(`/images/${image}/json`).catch(() => false)) ||
    (await there(`/distribution/${image}/json`).catch(() => false))
  );
}

export interface K3sOptions extends K3sSource {
  readonly stateDir: string;
  readonly progress: Progress;
}

/**
 * Starts K3s and a registry as containers. The registry is published on the loopback interface, which every engine talks to
 * without TLS; K3s gets a mirror for that name. Pods can't reach it by that name.
 */
export async function startK3s({ socket, image, stateDir, progress }: K3sOptions): Promise<ClusterEnv> {
  const name = rigName(stateDir);
  for (const each of [image, registryImage]) await progress.step(`pull ${each}`, () => pull(socket, each));
  await createNetwork(socket, name);
  const registry = await progress.step('registry', async () => {
    const container = await createContainer(socket, `${name}-registry`, {
      Image: registryImage,
      Env: ['REGISTRY_STORAGE_DELETE_ENABLED=true'],
      ...published('5000/tcp', name),
    });
    await startContainer(socket, container);
    return publishedAt(socket, container, '5000/tcp');
  });
  const container = await progress.step('K3s', () => startServer({ socket, image, name, registry }));
  const kubectl = await client(socket, container, stateDir);
  await progress.step('Kubernetes node', () => untilNodeReady(kubectl));
  const baseImage = `${registry}/busybox:1`;
  await progress.step('base image', async () => {
    const file = join(stateDir, 'busybox.tar');
    await writeBaseImage({ file, names: [baseImage], busybox: busyboxProgram });
    await loadAndPush(socket, file, baseImage);
  });
  const { IPAddress, Gateway } = (await inspect(socket, container)).NetworkSettings.Networks[name] ?? {};
  if (!IPAddress || !Gateway) throw new RigError(`the container ${name}-k3s has no address`);
  const kubeconfig = join(stateDir, 'kubeconfig');
  return {
    stateDir,
    kubeconfig,
    kubectl,
    engineSocket: socket,
    registry,
    nodeAddress: IPAddress,
    hostAddress: Gateway,
    baseImage,
  };
}

interface ServerOptions {
  readonly socket: string;
  readonly image: string;
  readonly name: string;
  readonly registry: string;
}

async function startServer({ socket, image, name, registry }: ServerOptions): Promise<string> {
  const { HostConfig, ...rest } = published('6443/tcp', name);
  const container = await createContainer(socket, `${name}-k3s`, {
    Image: image,
    Cmd: ['server', '--disable=traefik,metrics-server,servicelb', '--tls-san=127.0.0.1'],
    Hostname: 'node',
    ...rest,
    HostConfig: { ...HostConfig, Privileged: true, Tmpfs: { '/run': '', '/var/run': '' } },
  });
  const mirrors = { [registry]: { endpoint: [`http://${name}-registry:5000`] } };
  const archive = pack();
  archive.entry({ name: 'etc/rancher/k3s/registries.yaml' }, JSON.stringify({ mirrors }));
  archive.finalize();
  const headers = { 'content-type': 'application/x-tar' };
  const body = await buffer(archive);
  await callEngine(socket, `/containers/${container}/archive?path=/`, { method: 'PUT', body: [body], headers });
  await startContainer(socket, container);
  return container;
}

/** Fetches the kubeconfig as soon as K3s has written it, and makes a kubectl of it. */
async function client(socket: string, container: string, stateDir: string): Promise<string> {
  const program = findProgram('kubectl');
  if (program === undefined) throw new RigError('the program kubectl is missing');
  const written = await until('the kubeconfig of K3s', { timeoutMs: 60_000 }, () => readKubeconfig(socket, container));
  if (written === 'ended') {
    throw new RigError('K3s has ended', { evidence: await lastContainerLines(socket, container) });
  }
  const server = await publishedAt(socket, container, '6443/tcp');
  const kubeconfig = join(stateDir, 'kubeconfig');
  await writeFile(kubeconfig, written.replaceAll('127.0.0.1:6443', server), { mode: 0o600 });
  return writeKubectl(stateDir, [program], kubeconfig);
}

async function readKubeconfig(socket: string, container: string): Promise<string | undefined> {
  if (!(await inspect(socket, container)).State.Running) return 'ended';
  const files = extract();
  files.end(Buffer.from(await callEngine(socket, `/containers/${container}/archive?path=/etc/rancher/k3s/k3s.yaml`)));
  for await (const file of files) {
    const content = await text(file);
    // K3s may be at writing it.
    return content.includes('client-key-data') ? content : undefined;
  }
  return undefined;
}

async function untilNodeReady(kubectl: string): Promise<void> {
  const wait = ['wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=5s'];
  await until('a ready node', { timeoutMs: 120_000 }, async () => (await run(kubectl, wait)) !== '');
  const account = ['get', 'serviceaccount', 'default', '--namespace=default', '--output=name'];
  await until('the service account of the default namespace', { timeoutMs: 30_000 }, () => run(kubectl, account));
}
