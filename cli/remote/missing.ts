import type { NamedObject, ObjectAdmin } from '../../kube/object-admin.ts';
import type { Remote } from '../../remote-crd/index.ts';

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
      `there is no ServiceAccount ${name} in namespace ${namespace}, as which manifests are applied: kubectl -n ${namespace} create serviceaccount ${name}, and give it rights by a rolebinding`,
    ];
  };
  return (await Promise.all([...workloads, credentials(), account()])).flat();
}
