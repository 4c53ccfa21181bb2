import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { persistentVolume } from '../../test/cluster/volume.ts';
import { type Cluster, clusterFolder, type Kubectl } from './cluster.ts';
import type { Persistence } from './values.ts';

interface StorageClasses {
  readonly items: readonly { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }[];
}

const storageClass = 'gitkube-quickstart';
const isDefault = 'storageclass.kubernetes.io/is-default-class';

/** Where the repositories lie: the cluster's default class, else a folder of this machine, else nowhere for long. */
export async function findStorage(cluster: Cluster, kubectl: Kubectl): Promise<Persistence> {
  const classes: StorageClasses = JSON.parse(await kubectl(['get', 'storageclasses', '-o', 'json']));
  if (classes.items.some(({ metadata }) => metadata.annotations?.[isDefault] === 'true')) return { enabled: true };
  if (!cluster.confined) {
    console.log('The cluster has no default storage class: repositories are lost with the pod of the server');
    return { enabled: false };
  }
  const path = join(clusterFolder, 'repositories');
  await mkdir(path, { recursive: true });
  await kubectl(['apply', '-f', '-'], JSON.stringify(persistentVolume(storageClass, path)));
  return { enabled: true, storageClass };
}
