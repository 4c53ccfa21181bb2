import type { WatchedWorkload } from '../../deployer/index.ts';
import { type WorkloadKind, workloadKinds } from '../../kube/workload.ts';
import type { Release } from '../git/release.ts';

type Images = Record<string, string>;

/** The workloads of a release, with the images that it has set: those that the Remote named, and those of its manifests. */
export function watchedWorkloads({ record }: Pick<Release, 'record'>, remoteNamespace: string): WatchedWorkload[] {
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
    if (isWorkloadKind(kind)) find(kind, name, namespace);
  }
  return [...all.values()];
}

function isWorkloadKind(kind: string): kind is WorkloadKind {
  return (workloadKinds as readonly string[]).includes(kind);
}
