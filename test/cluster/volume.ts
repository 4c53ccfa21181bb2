import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';
import type { ClusterEnv } from './state.ts';

/** Storage that one claim may use. */
export interface Volume {
  /** For the claim's `storageClassName`. */
  readonly storageClass: string;
  /** The PersistentVolume that was made for it; unset where the cluster makes its own. */
  readonly name?: string;
}

/**
 * Sees to it that a claim of this cluster is bound: by its default StorageClass, or, in a cluster that has none, by a folder
 * of the state folder that becomes a PersistentVolume. It ends with the cluster, or with `removeVolume`.
 */
export async function makeVolume(
  { kubectl, stateDir }: Pick<ClusterEnv, 'kubectl' | 'stateDir'>,
  name: string,
): Promise<Volume> {
  const path =
    '{range .items[*]}{.metadata.name}={.metadata.annotations.storageclass\\.kubernetes\\.io/is-default-class}{"\\n"}{end}';
  const classes = (await run(kubectl, ['get', 'storageclasses', '--output', `jsonpath=${path}`])).split('\n');
  const standard = classes.find((line) => line.endsWith('=true'))?.replace(/=true$/, '');
  if (standard !== undefined) return { storageClass: standard };
  const folder = join(stateDir, 'volumes', name);
  await mkdir(folder, { recursive: true });
  await run(kubectl, ['create', '-f', '-'], { input: JSON.stringify(persistentVolume(name, folder)) });
  return { storageClass: name, name };
}

/** The claim has to be gone. */
export async function removeVolume({ kubectl }: Pick<ClusterEnv, 'kubectl'>, { name }: Volume): Promise<void> {
  if (name !== undefined) await run(kubectl, ['delete', 'persistentvolume', name, '--wait=false']);
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
