import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerdSocket } from './containerd.ts';
import { type ControlPlane, callApiServer, nodeName } from './kubernetes.ts';
import type { Network } from './network.ts';
import { type Rig, startPart, untilAnswers } from './parts.ts';
import { until } from './until.ts';

export interface NodeOptions {
  readonly rig: Rig;
  readonly network: Network;
  readonly kube: string;
  readonly controlPlane: ControlPlane;
}

/** Starts kubelet and kube-proxy; done when the node is ready and pods can be made. containerd runs already. */
export async function startNode({ rig, network, kube, controlPlane }: NodeOptions): Promise<void> {
  const folder = join(rig.stateDir, 'kubelet');
  await mkdir(folder, { recursive: true });
  const kubeletConfig = join(rig.stateDir, 'kubelet.json');
  const proxyConfig = join(rig.stateDir, 'kube-proxy.json');
  await writeFile(kubeletConfig, JSON.stringify(kubeletConfiguration(rig, network, controlPlane), null, 2));
  await writeFile(proxyConfig, JSON.stringify(proxyConfiguration(network, controlPlane), null, 2));
  await startPart(rig, {
    name: 'kubelet',
    command: [
      ...([kube, 'kubelet', `--config=${kubeletConfig}`, `--kubeconfig=${controlPlane.kubeletConfig}`] as const),
      ...[`--root-dir=${folder}`, `--cert-dir=${join(folder, 'pki')}`],
      ...[`--hostname-override=${nodeName}`, `--node-ip=${network.nodeAddress}`],
    ],
  });
  await startPart(rig, { name: 'kube-proxy', command: [kube, 'kube-proxy', `--config=${proxyConfig}`] });
  await untilAnswers(rig, 'kubelet', () => nodeReady(controlPlane.kubeconfig));
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await until('the service account of the default namespace', { timeoutMs: 30_000 }, async () => {
    return (await callApiServer(controlPlane.kubeconfig, account)).status === 200;
  });
}

async function nodeReady(kubeconfig: string): Promise<boolean> {
  const { status, body } = await callApiServer(kubeconfig, `/api/v1/nodes/${nodeName}`);
  if (status !== 200) return false;
  const conditions: { type: string; status: string }[] = JSON.parse(body).status.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function kubeletConfiguration(rig: Rig, { dnsAddress }: Network, { certificates }: ControlPlane): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: certificates.ca.cert },
    },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    podLogsDir: join(rig.stateDir, 'pods'),
    // Without an address every pod gets a warning event.
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${rig.cgroup}`,
    // Kubernetes 1.35 and newer refuse cgroup v1 by default.
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    oomScoreAdj: 0,
    // A machine for development may be short of disk; a test cluster that evicts its pods then helps nobody.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // Pods in tests are many, small and short-lived.
    maxPods: 200,
    registryPullQPS: 0,
    serializeImagePulls: false,
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
  };
}

function proxyConfiguration({ podRange, nodeAddress }: Network, { proxyConfig }: ControlPlane): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: proxyConfig },
    mode: 'iptables',
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    bindAddress: nodeAddress,
    oomScoreAdj: 0,
    iptables: { syncPeriod: '30s', minSyncPeriod: '50ms' },
    // Zero leaves the kernel's settings of connection tracking as they are; they may be read-only.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: '0s',
      tcpCloseWaitTimeout: '0s',
      udpTimeout: '0s',
      udpStreamTimeout: '0s',
    },
  };
}
