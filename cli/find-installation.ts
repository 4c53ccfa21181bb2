import { GitkubeError } from '../base/errors.ts';
import type { KubeAdmin } from '../kube/index.ts';
import { leaseName } from '../server/leases/lease-spec.ts';
import {
  type Installation,
  installationOf,
  type ServerDeployment,
  serverLabels,
  serverNameOf,
  serverPods,
  serversIn,
} from './installation.ts';
import { type ServingHolder, servingHolder } from './serving-holder.ts';

const usualNamespace = 'gitkube';

/**
 * The server that runs in the cluster: the one that serves a namespace, as its Lease names it, else the only one.
 * @param namespace of the server; unset: wherever it is
 * @param flag which one chooses it, for hints
 * @param served a namespace of Remotes; unset: it is not about one
 * @throws NotInstalled, UsageInvalid when there are several
 */
export async function findInstallation(
  admin: KubeAdmin,
  namespace: string | undefined,
  flag = '-n',
  served?: string,
): Promise<Installation> {
  const holder = served === undefined ? undefined : await servingHolder(admin, served);
  const named = holder && namespace === undefined ? await namedServer(admin, holder) : undefined;
  if (named) return installationOf(named);
  const found = await listDeployments(admin, namespace, flag);
  const [first, ...more] = found;
  if (first && more.length === 0) return installationOf(first);
  const serving = holder && (await servingOne(admin, found, holder));
  if (serving) return installationOf(serving);
  throw notFound(found, { namespace, flag, served, holder });
}

/** The one whose namespace is in its name, as the chart gives it: that may be looked into where others may not. */
async function namedServer(admin: KubeAdmin, { name }: ServingHolder): Promise<ServerDeployment | undefined> {
  const [home = '', ...rest] = name.split('/');
  if (home === '' || rest.length !== 1) return undefined;
  const there = await serversIn(admin, home).catch(() => []);
  return there.find((deployment) => serverNameOf(deployment) === name);
}

/** A server that nobody has given a name is known by its pod. */
async function servingOne(
  admin: KubeAdmin,
  found: readonly ServerDeployment[],
  { name, host }: ServingHolder,
): Promise<ServerDeployment | undefined> {
  const named = found.find((deployment) => serverNameOf(deployment) === name);
  if (named) return named;
  const pods = await Promise.all(found.map((one) => serverPods(admin, installationOf(one)).catch(() => [])));
  return found.find((_, index) => pods[index]?.some((pod) => pod.name === host));
}

/** Who may not look everywhere may look where it is installed by default. */
async function listDeployments(
  admin: KubeAdmin,
  namespace: string | undefined,
  flag: string,
): Promise<ServerDeployment[]> {
  if (namespace !== undefined) return serversIn(admin, namespace);
  const everywhere = admin.listObjects<ServerDeployment>('/apis/apps/v1/deployments', { labelSelector: serverLabels });
  return everywhere.catch(async (thrown) => {
    if (!(thrown instanceof GitkubeError) || thrown.reason !== 'ClusterForbidden') throw thrown;
    const found = await serversIn(admin, usualNamespace).catch(() => []);
    if (found.length > 0) return found;
    throw new GitkubeError('ClusterForbidden', `${thrown.message}, and none is seen in namespace ${usualNamespace}`, {
      evidence: thrown.evidence,
      hint: [`name the namespace of the server: ${flag} <namespace>`, ...thrown.hint],
    });
  });
}

interface Sought {
  readonly namespace: string | undefined;
  readonly flag: string;
  readonly served: string | undefined;
  readonly holder: ServingHolder | undefined;
}

function notFound(found: readonly ServerDeployment[], { namespace, flag, served, holder }: Sought): GitkubeError {
  const where = namespace === undefined ? 'this cluster' : `namespace ${namespace}`;
  const and = holder ? `, and namespace ${served} is served by ${holder.text}` : '';
  if (found.length === 0) {
    const elsewhere = `to see the address of a server that is elsewhere, type: kubectl -n ${served} get remotes`;
    const install =
      namespace === undefined
        ? ['gitkube install --image <image>']
        : [`gitkube install -n ${namespace} --image <image>`, `or name another namespace with ${flag}`];
    return new GitkubeError('NotInstalled', `there is no server of Gitkube in ${where}${and}`, {
      hint: holder ? [elsewhere] : install,
    });
  }
  const homes = [...new Set(found.map(({ metadata }) => metadata?.namespace))];
  const lease = `to see which one serves namespace ${served}, type: kubectl -n ${served} get lease ${leaseName} -o yaml`;
  return new GitkubeError('UsageInvalid', `${found.length} servers of Gitkube are in ${where}${and}`, {
    hint: [
      ...(homes.length > 1 ? [`choose one: ${homes.map((home) => `${flag} ${home}`).join(', ')}`] : []),
      ...(served === undefined || holder ? [] : [lease]),
    ],
  });
}
