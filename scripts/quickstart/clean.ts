import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { stopCluster } from '../../test/cluster/rig.ts';
import { clusterFolder, stateFolder } from './cluster.ts';

/** Removes the cluster, the server's data and the example of earlier runs. The cached Kubernetes program stays. */
export async function cleanUp(): Promise<void> {
  if (!existsSync(stateFolder)) return console.log(`there is nothing to remove: ${stateFolder} does not exist`);
  await stopCluster(clusterFolder);
  await rm(stateFolder, { recursive: true, force: true });
  console.log(`removed ${stateFolder}`);
}
