import type { WatchedWorkload } from '../../deployer/index.ts';
import { isWorkloadKind, type WorkloadKind } from '../../kube/workload.ts';
import type { DeploymentTarget } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';

type Images = Record<string, string>;

/**
 * The workloads of a release, with the images that it has set: those that the Remote named, and those of its manifests that
 * no other Remote of the namespace deploys.
 */
export function watchedWorkloads(
  { record }: Pick<Release, 'record'>,
  remoteNamespace: string,
  others: readonly DeploymentTarget[],
): WatchedWorkload[] {
  const all = new Map<string, WatchedWorkload & { readonly images: Images }>();
  const find = (kind: WorkloadKind, name: string, namespace = remoteNamespace) => {
    const key = `${namespace}/${kind}/${name}`;
    const found = all.get(key) ?? { kind, namespace, name, images: {} };
    all.set(key, found);
    return found;
  };
  for (const { deployment, kind = 'Deployment', container, image } of record.images) {
    find(kind, deployment).images[container] = image;
  }
  for (const { kind, name, namespace } of record.objects ?? []) {
    const isNamed = record.images.some((one) => one.deployment === name && (one.kind ?? 'Deployment') === kind);
    const isOfAnother = others.some((one) => one.kind === kind && one.name === name);
    if (!isWorkloadKind(kind) || (isOfAnother && !isNamed && (namespace ?? remoteNamespace) === remoteNamespace))
      continue;
    find(kind, name, namespace);
  }
  return [...all.values()];
}
