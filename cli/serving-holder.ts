import { plain } from '../base/text.ts';
import type { KubeAdmin, Lease } from '../kube/index.ts';
import { leasesPath } from '../kube/lease-calls.ts';
import { holderOf, holderText, hostOf, leaseName } from '../server/leases/lease-spec.ts';

/** The server that serves the Remotes of a namespace. */
export interface ServingHolder {
  /** GITKUBE_SERVER_NAME; the chart makes it of the namespace and the name of the Deployment. */
  readonly name: string;
  /** Of a server in the cluster the name of its pod, when it took the Lease. */
  readonly host: string | undefined;
  /** For people. */
  readonly text: string;
}

/** As the Lease of the namespace says; undefined: nobody holds it, or it may not be read, which takes a right of its own. */
export async function servingHolder(admin: KubeAdmin, namespace: string): Promise<ServingHolder | undefined> {
  const fieldSelector = `metadata.name=${leaseName}`;
  const [lease] = await admin.listObjects<Lease>(leasesPath(namespace), { fieldSelector }).catch(() => []);
  if (!lease || holderOf(lease) === '') return undefined;
  return { name: holderOf(lease), host: hostOf(lease), text: plain(holderText(lease), 300) };
}
