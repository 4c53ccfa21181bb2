import { join } from 'node:path';
import { type Certificates, makeCertificates, writeKubeconfig } from './certificates.ts';
import { readKubeconfig } from './kubeconfig.ts';
import type { Network } from './network.ts';
import { killPart, type Part, type Rig, startPart, startPartAgain, untilAnswers } from './parts.ts';
import { request } from './request.ts';

/** The name of the only node. */
export const nodeName = 'node';
const apiPort = 6443;

export interface ControlPlaneOptions {
  readonly rig: Rig;
  readonly network: Network;
  /** The program that holds all of Kubernetes. */
  readonly kube: string;
}

/** What other parts and people need in order to talk to the API server. */
export interface ControlPlane {
  readonly server: string;
  readonly certificates: Certificates;
  /** A kubeconfig file that may do everything. */
  readonly kubeconfig: string;
  readonly kubeletConfig: string;
  readonly proxyConfig: string;
}

/** Starts database, API server, controllers and scheduler; done when the API server answers that it is ready. */
export async function startControlPlane({ rig, network, kube }: ControlPlaneOptions): Promise<ControlPlane> {
  const { nodeAddress, serviceAddress } = network;
  const server = `https://${nodeAddress}:${apiPort}`;
  await startPart(rig, etcd(rig, kube));
  const certificates = await makeCertificates(join(rig.stateDir, 'certificates'), nodeName, [
    nodeAddress,
    serviceAddress,
    '127.0.0.1',
  ]);
  await startPart(rig, apiServer(network, kube, certificates));
  const config = async (name: keyof Certificates, file: string) => {
    const path = join(rig.stateDir, file);
    await writeKubeconfig(path, server, certificates.ca.cert, certificates[name]);
    return path;
  };
  const kubeconfig = await config('admin', 'kubeconfig');
  const controllerConfig = await config('controllerManager', 'certificates/kube-controller-manager.kubeconfig');
  const schedulerConfig = await config('scheduler', 'certificates/kube-scheduler.kubeconfig');
  const kubeletConfig = await config('kubelet', 'certificates/kubelet.kubeconfig');
  const proxyConfig = await config('proxy', 'certificates/kube-proxy.kubeconfig');
  await untilApiServerReady(rig, kubeconfig);
  await startPart(rig, controllerManager(network, kube, certificates, controllerConfig));
  await startPart(rig, scheduler(kube, schedulerConfig));
  return { server, certificates, kubeconfig, kubeletConfig, proxyConfig };
}

/** Kills the API server without warning and starts it again; done when it is ready. */
export async function restartApiServer(rig: Rig, kubeconfig: string): Promise<void> {
  await killPart(rig, 'kube-apiserver');
  await startPartAgain(rig, 'kube-apiserver');
  await untilApiServerReady(rig, kubeconfig);
}

/** Waits until the API server reports that it is ready: its roles exist, its caches are filled. */
async function untilApiServerReady(rig: Rig, kubeconfig: string): Promise<void> {
  await untilAnswers(rig, 'kube-apiserver', async () => (await callApiServer(kubeconfig, '/readyz')).status === 200);
}

/** A GET request to the API server with the rights of a kubeconfig. */
export async function callApiServer(kubeconfig: string, path: string): Promise<{ status: number; body: string }> {
  const { server, ...credentials } = readKubeconfig(kubeconfig);
  return request(`${server}${path}`, credentials);
}

function etcd(rig: Rig, kube: string): Part {
  const client = 'http://127.0.0.1:2379';
  const peer = 'http://127.0.0.1:2380';
  return {
    name: 'etcd',
    // Nothing here is worth the wait for a disk.
    command: [
      ...([kube, 'etcd', '--unsafe-no-fsync', '--log-level=warn'] as const),
      `--data-dir=${join(rig.stateDir, 'etcd')}`,
      ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`],
    ],
  };
}

function apiServer({ nodeAddress, serviceRange }: Network, kube: string, certificates: Certificates): Part {
  const { ca, apiServer, kubeletClient, serviceAccounts } = certificates;
  return {
    name: 'kube-apiserver',
    command: [
      ...([kube, 'kube-apiserver', '--etcd-servers=http://127.0.0.1:2379'] as const),
      ...[
        `--secure-port=${apiPort}`,
        `--advertise-address=${nodeAddress}`,
        `--service-cluster-ip-range=${serviceRange}`,
      ],
      ...[
        `--tls-cert-file=${apiServer.cert}`,
        `--tls-private-key-file=${apiServer.key}`,
        `--client-ca-file=${ca.cert}`,
      ],
      ...['--authorization-mode=Node,RBAC', '--allow-privileged=true'],
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${serviceAccounts.key}`,
      `--service-account-key-file=${serviceAccounts.cert}`,
      // Without these two, logs and exec answer Unauthorized, or look the node's name up.
      `--kubelet-client-certificate=${kubeletClient.cert}`,
      `--kubelet-client-key=${kubeletClient.key}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
  };
}

function controllerManager({ podRange }: Network, kube: string, certificates: Certificates, kubeconfig: string): Part {
  return {
    name: 'kube-controller-manager',
    command: [
      ...([kube, 'kube-controller-manager', `--kubeconfig=${kubeconfig}`, '--leader-elect=false'] as const),
      ...['--use-service-account-credentials', `--root-ca-file=${certificates.ca.cert}`],
      `--service-account-private-key-file=${certificates.serviceAccounts.key}`,
      `--cluster-cidr=${podRange}`,
      // The default of 20 requests a second makes its start take four seconds.
      ...['--kube-api-qps=1000', '--kube-api-burst=1000'],
    ],
  };
}

function scheduler(kube: string, kubeconfig: string): Part {
  return {
    name: 'kube-scheduler',
    command: [kube, 'kube-scheduler', `--kubeconfig=${kubeconfig}`, '--leader-elect=false'],
  };
}
