import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findLocalRig } from '../cluster/local-rig.ts';
import { run } from '../cluster/run.ts';
import { persistentVolume, type VolumeCluster } from '../cluster/volume.ts';

/**
 * What the cluster of the tests lacks (test/cluster/README.md), and what takes its place in the commands of the documentation:
 * there is no DNS, so a Service is called by its address.
 */
const lacking = [['{name: PGHOST, value: db}', '{name: PGHOST, value: $(DB_SERVICE_HOST)}']] as const;

/** The documentation as a cluster without DNS can follow it. */
export function inThisCluster(markdown: string, { state }: { readonly state: string }): string {
  if (findLocalRig(state) === undefined) return markdown;
  return lacking.reduce((text, [shown, typed]) => text.replaceAll(shown, typed), markdown);
}

export interface Claim {
  readonly namespace: string;
  readonly claim: string;
}

/** A volume for a claim of the documentation, in a cluster without a storage class. It is gone with the result. */
export async function bringVolume(cluster: VolumeCluster, { namespace, claim }: Claim): Promise<AsyncDisposable> {
  const name = `${namespace}-${claim}`;
  const kubectl = (args: readonly string[], input = '') =>
    run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], { input });
  if (findLocalRig(cluster.state) === undefined) return { [Symbol.asyncDispose]: async () => {} };
  const folder = join(cluster.state, 'volumes', name);
  await mkdir(folder, { recursive: true });
  const volume = persistentVolume('', folder) as { spec: object };
  const claimRef = { namespace, name: claim };
  await kubectl(
    ['create', '-f', '-'],
    JSON.stringify({ ...volume, metadata: { name }, spec: { ...volume.spec, claimRef } }),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      // Its finalizer waits for the pod that writes into the folder.
      await kubectl(['delete', 'persistentvolume', name, '--timeout=240s']);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
