import { isWorkloadKind, type WorkloadId } from '../../kube/workload.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';

/** Those that the Remote names, and those of the manifests that the release has applied. */
export function workloadsOf({ namespace, deployments }: Remote, release: Release | undefined): WorkloadId[] {
  const named = deployments.map(({ kind, name }) => ({ kind, namespace, name }));
  const applied = (release?.record.objects ?? []).flatMap(({ kind, name, namespace: own = namespace }) =>
    isWorkloadKind(kind) ? [{ kind, namespace: own, name }] : [],
  );
  const isNamed = (one: WorkloadId) => named.some(({ kind, name }) => kind === one.kind && name === one.name);
  return [...named, ...applied.filter((one) => !isNamed(one))];
}
