import type { V1Deployment } from '../kube/kube.ts';
import { currentAnnotations } from './annotations.ts';
import { containersOf } from './containers.ts';
import { rolloutStatus } from './rollout-status.ts';
import type { WorkloadSnapshot } from './types.ts';

/** What a Deployment is now, as far as Gitkube will change it: the images of these containers, and its annotations. */
export function takeSnapshot(
  namespace: string,
  deployment: V1Deployment,
  containers: readonly string[],
): WorkloadSnapshot {
  const found = containersOf(deployment);
  return {
    namespace,
    name: deployment.metadata?.name ?? '',
    uid: deployment.metadata?.uid ?? '',
    images: Object.fromEntries(containers.map((name) => [name, found.get(name)?.image ?? ''])),
    annotations: currentAnnotations(deployment),
    wasReady: rolloutStatus(deployment, { generation: 0 }).kind === 'complete',
  };
}
