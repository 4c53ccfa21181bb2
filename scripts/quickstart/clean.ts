import { rm } from 'node:fs/promises';
import { stopCluster } from '../../test/cluster/rig.ts';
import { clusterFolder, stateFolder } from './cluster.ts';

/** Removes the cluster, the server's data and the example of earlier runs. The cached Kubernetes program stays. */
export async function cleanUp(): Promise<number> {
  await stopCluster(clusterFolder);
  await rm(stateFolder, { recursive: true, force: true });
  console.log(`removed ${stateFolder}`);
  return 0;
}
