import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/** Storage that one claim may use. */
export interface Volume {
  /** For the claim's `storageClassName`. */
  readonly storageClass: string;
  /** The PersistentVolume that was made for it; unset where the cluster makes its own. */
  readonly name?: string;
}

/** Which cluster. */
export interface VolumeCluster {
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** Its state folder. */
  readonly state: string;
}

/**
 * Sees to it that a claim of this cluster is bound: by its default StorageClass, or, in a cluster that has none, by a folder
 * of the state folder that becomes a PersistentVolume. It ends with the cluster, or with `removeVolume`.
 */
export async function makeVolume(cluster: VolumeCluster, name: string): Promise<Volume> {
  const path =
    '{range .items[*]}{.metadata.name}={.metadata.annotations.storageclass\\.kubernetes\\.io/is-default-class}{"\\n"}{end}';
  const classes = (await kubectl(cluster, ['get', 'storageclasses', '--output', `jsonpath=${path}`])).split('\n');
  const standard = classes.find((line) => line.endsWith('=true'))?.replace(/=true$/, '');
  if (standard !== undefined) return { storageClass: standard };
  const folder = join(cluster.state, 'volumes', name);
  await mkdir(folder, { recursive: true });
  await kubectl(cluster, ['create', '-f', '-'], persistentVolume(name, folder));
  return { storageClass: name, name };
}

/** The claim has to be gone. */
export async function removeVolume(cluster: VolumeCluster, { name }: Volume): Promise<void> {
  if (name !== undefined) await kubectl(cluster, ['delete', 'persistentvolume', name, '--wait=false']);
}

function kubectl({ kubectl, kubeconfig }: VolumeCluster, args: readonly string[], input?: object): Promise<string> {
  return run(kubectl, ['--kubeconfig', kubeconfig, ...args], input ? { input: JSON.stringify(input) } : {});
}

/**
 * A folder of the only node there is, for a claim of the class `name`. It is `local` and not `hostPath`: only of the former
 * the kubelet gives the folder to the pod's fsGroup.
 */
export function persistentVolume(name: string, path: string): object {
  const anyNode = { key: 'kubernetes.io/os', operator: 'Exists' };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '100Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: name,
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [anyNode] }] } },
    },
  };
}
