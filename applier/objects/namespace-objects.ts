import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type AnyObject, type Kube, refOf } from '../../kube/index.ts';
import type { Manifest } from '../types.ts';
import { forRemote, isFields, keyOf, nameOf } from './objects.ts';
import { inOrder } from './order.ts';
import { withoutStringData } from './secret-data.ts';

/** The objects of a Remote, each in its namespace. */
export interface PlacedObjects {
  /** In the order in which they are applied. */
  readonly objects: readonly AnyObject[];
  /** The file that an object comes from. */
  readonly originOf: (object: AnyObject) => string | undefined;
  /** What is wrong with others: a kind that the cluster does not know, or the same object twice. */
  readonly refused: readonly GitkubeError[];
}

export async function placeObjects(
  kube: Pick<Kube, 'resourceKind'>,
  manifests: readonly Manifest[],
  remote: { readonly namespace: string; readonly name: string },
): Promise<PlacedObjects> {
  const coming = scopesOfDefinitions(manifests);
  const origins = new Map<string, string>();
  const placed: AnyObject[] = [];
  const refused: GitkubeError[] = [];
  for (const manifest of manifests) {
    const { apiVersion, kind } = manifest.object;
    const known = (await kube.resourceKind(apiVersion, kind))?.namespaced ?? coming.get(`${apiVersion} ${kind}`);
    if (known === undefined) {
      refused.push(unknownKind(manifest));
      continue;
    }
    const object = withoutStringData(forRemote(manifest, remote, known));
    const key = keyOf(refOf(object));
    const other = origins.get(key);
    if (other === undefined) placed.push(object);
    else refused.push(twice(object, other, manifest.origin));
    origins.set(key, other ?? manifest.origin);
  }
  return { objects: inOrder(placed), originOf: (object) => origins.get(keyOf(refOf(object))), refused };
}

/** By apiVersion and kind: whether a kind that a CRD among the manifests makes is in a namespace. */
function scopesOfDefinitions(manifests: readonly Manifest[]): ReadonlyMap<string, boolean> {
  const definitions = manifests.filter(({ object }) => object.kind === 'CustomResourceDefinition');
  return new Map(
    definitions.flatMap(({ object: { spec } }) => {
      if (!isFields(spec) || !isFields(spec.names) || !Array.isArray(spec.versions)) return [];
      const { kind } = spec.names;
      return spec.versions.map(({ name }): [string, boolean] => [
        `${spec.group}/${name} ${kind}`,
        spec.scope === 'Namespaced',
      ]);
    }),
  );
}

/** Where kinds have gone that old manifests look for in versions that Kubernetes no longer has. */
const homes: Readonly<Record<string, string>> = {
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  CronJob: 'batch/v1',
  Job: 'batch/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
};

function unknownKind({ object, origin }: Manifest): GitkubeError {
  const { apiVersion, kind, metadata } = object;
  const what = nameOf({ kind: plain(kind, 60), name: metadata.name });
  const home = homes[kind];
  return new GitkubeError(
    'ManifestsInvalid',
    `${origin}: ${what}: this cluster has no kind ${plain(kind, 60)} in apiVersion ${plain(apiVersion, 100)}`,
    {
      hint:
        home === undefined
          ? 'to see the kinds that there are, type: kubectl api-resources'
          : `use apiVersion: ${home}; to see its fields, type: kubectl explain ${kind.toLowerCase()}.spec`,
    },
  );
}

function twice(object: AnyObject, origin: string, other: string): GitkubeError {
  const where = origin === other ? origin : `${origin} and ${other}`;
  return new GitkubeError('ManifestsInvalid', `${nameOf(refOf(object))} is defined twice (${where})`);
}
