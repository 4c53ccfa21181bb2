import type { NamedObject, ObjectAdmin } from '../../kube/object-admin.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { readsAtStart } from '../../server/env/readers.ts';

const apiVersions = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  CronJob: 'batch/v1',
} as const;

/**
 * What the Remote names and the namespace does not have. Manifests of the repository may create workloads with the first
 * push. An account that may not look is warned of nothing.
 */
export async function missingOf(remote: Remote, admin: Pick<ObjectAdmin, 'getObject'>): Promise<string[]> {
  const { namespace, deployments, registry, manifests } = remote;
  const isThere = (object: NamedObject) =>
    admin.getObject(object).then(
      (found) => found !== undefined,
      () => true,
    );
  const named = (apiVersion: string, kind: string, name: string) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
  });
  const workloads = manifests
    ? []
    : deployments.map(async ({ kind, name }) => {
        if (await isThere(named(apiVersions[kind], kind, name))) return [];
        return [`there is no ${kind} ${name} in namespace ${namespace}: every push is refused until it is created`];
      });
  const secret = registry?.secretName;
  const credentials = async () => {
    if (secret === undefined || (await isThere(named('v1', 'Secret', secret)))) return [];
    return [
      `there is no Secret ${secret} in namespace ${namespace}: kubectl -n ${namespace} create secret docker-registry ${secret} --help`,
    ];
  };
  const account = async () => {
    const name = manifests?.serviceAccountName;
    if (name === undefined || (await isThere(named('v1', 'ServiceAccount', name)))) return [];
    return [
      `there is no ServiceAccount ${name} in namespace ${namespace}, as which manifests are applied, and which needs rights by a rolebinding; to create it, type: kubectl -n ${namespace} create serviceaccount ${name}`,
    ];
  };
  return (await Promise.all([...workloads, credentials(), account(), unreadEnv(remote, admin)])).flat();
}

/** What `ssh … env` would change without any effect. */
async function unreadEnv(
  { namespace, deployments, env }: Remote,
  admin: Pick<ObjectAdmin, 'getObject'>,
): Promise<string[]> {
  if (!env) return [];
  const { kind, name } = env;
  const get = async (apiVersion: string, of: string, named: string) => {
    const object: NamedObject = { apiVersion, kind: of, metadata: { name: named, namespace } };
    return admin.getObject(object);
  };
  try {
    const create = kind === 'Secret' ? `secret generic ${name}` : `configmap ${name}`;
    if (!(await get('v1', kind, name)))
      return [`there is no ${kind} ${name} in namespace ${namespace}: kubectl -n ${namespace} create ${create}`];
    const workloads = await Promise.all(deployments.map((one) => get(apiVersions[one.kind], one.kind, one.name)));
    const known = workloads.filter((one) => one !== undefined);
    if (known.length === 0 || known.some((one) => readsAtStart(one, env))) return [];
    return [
      `no workload of the Remote reads ${kind} ${name} by envFrom or valueFrom: ssh … env changes what no pod sees`,
    ];
  } catch {
    return [];
  }
}
