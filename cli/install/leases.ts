import type { KubeAdmin, Lease, NamedObject } from '../../kube/index.ts';
import { leasesPath } from '../../kube/lease-calls.ts';
import { holderOf, leaseName } from '../../server/leases/lease-spec.ts';
import { serversIn, settingsOf } from '../installation.ts';

/**
 * The Leases that the servers of an installation hold, in all namespaces: a server with a given name keeps them when it
 * ends, and another one would wait ten minutes for each.
 */
export async function heldLeases(admin: KubeAdmin, namespace: string): Promise<NamedObject[]> {
  const fieldSelector = `metadata.name=${leaseName}`;
  const [servers, leases] = await Promise.all([
    serversIn(admin, namespace),
    admin.listObjects<Lease>(leasesPath(), { fieldSelector }),
  ]);
  const names = servers.map((deployment) => settingsOf({ deployment }).GITKUBE_SERVER_NAME);
  // Where the Deployment has gone before its Leases: as the chart names the server.
  const holders = new Set(servers.length > 0 ? names : [`${namespace}/gitkube`]);
  return leases
    .filter((lease) => holderOf(lease) !== '' && holders.has(holderOf(lease)))
    .map(({ metadata }) => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata }));
}
