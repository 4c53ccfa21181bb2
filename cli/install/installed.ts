import type { KubeAdmin, NamedObject } from '../../kube/index.ts';
import { partOfGitkube } from '../installation.ts';
import { heldLeases } from './leases.ts';

export interface InstalledObjects {
  /** What runs, and what it is allowed: goes with every uninstall, the server first. */
  readonly parts: readonly NamedObject[];
  /** What people made: Remotes with their kind, the host key, the repositories. */
  readonly data: readonly NamedObject[];
  /** What its server holds in the namespaces that it serves; it goes after the server. */
  readonly leases: readonly NamedObject[];
  /** The Helm release that owns them. */
  readonly helm: string | undefined;
}

const kinds = {
  Deployment: ['apps/v1', 'deployments'],
  PodDisruptionBudget: ['policy/v1', 'poddisruptionbudgets'],
  NetworkPolicy: ['networking.k8s.io/v1', 'networkpolicies'],
  Service: ['v1', 'services'],
  ConfigMap: ['v1', 'configmaps'],
  ServiceMonitor: ['monitoring.coreos.com/v1', 'servicemonitors'],
  RoleBinding: ['rbac.authorization.k8s.io/v1', 'rolebindings'],
  Role: ['rbac.authorization.k8s.io/v1', 'roles'],
  ServiceAccount: ['v1', 'serviceaccounts'],
} as const;

const clusterKinds = {
  ClusterRoleBinding: ['rbac.authorization.k8s.io/v1', 'clusterrolebindings'],
  ClusterRole: ['rbac.authorization.k8s.io/v1', 'clusterroles'],
} as const;

/** Everything of the installation in a namespace, by the labels that the chart gives. */
export async function findObjects(admin: KubeAdmin, namespace: string): Promise<InstalledObjects> {
  const list = async (kind: string, [apiVersion, resource]: readonly [string, string], inside?: string) => {
    const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const place = inside === undefined ? '' : `/namespaces/${encodeURIComponent(inside)}`;
    const path = `${group}${place}/${resource}`;
    const found = await admin.listObjects<NamedObject>(path, { labelSelector: partOfGitkube });
    // Lists leave both out of their items.
    return found.map(({ metadata }) => ({ apiVersion, kind, metadata }));
  };
  const own = await all(Object.entries(kinds).map(([kind, resource]) => list(kind, resource, namespace)));
  // With listed namespaces there are roles in these, and with two installations cluster-wide ones of both.
  const rights = await all([
    list('RoleBinding', kinds.RoleBinding),
    list('Role', kinds.Role),
    ...Object.entries(clusterKinds).map(([kind, resource]) => list(kind, resource)),
  ]);
  const named = rights.flat().filter(({ metadata }) => metadata.name.startsWith(`${namespace}:`));
  const leases = await heldLeases(admin, namespace);
  const claims = await list('PersistentVolumeClaim', ['v1', 'persistentvolumeclaims'], namespace);
  const parts = [...own.flat(), ...named];
  const [server] = parts;
  return { parts, leases, data: [...(await keptObjects(admin, namespace)), ...claims], helm: helmRelease(server) };
}

/** Of several refusals the first of the list is reported, whichever comes first. */
async function all<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function keptObjects(admin: KubeAdmin, namespace: string): Promise<NamedObject[]> {
  const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
  const wanted: NamedObject[] = [
    { ...crd, metadata: { name: 'remotes.gitkube.sh' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'gitkube-host-key', namespace } },
  ];
  const found = await Promise.all(wanted.map((object) => admin.getObject(object)));
  return wanted.filter((_, index) => found[index] !== undefined);
}

function helmRelease(object: NamedObject | undefined): string | undefined {
  const { annotations } = (object?.metadata ?? {}) as { annotations?: Record<string, string> };
  return annotations?.['meta.helm.sh/release-name'];
}
