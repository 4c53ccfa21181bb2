import { asGitkubeError } from '../../base/errors.ts';
import type { V1Pod } from '../../kube/kube.ts';
import type { DeployerDeps } from '../deps.ts';
import type { Problem } from '../pods/pod-problems.ts';
import { podName } from '../pods/pods.ts';
import type { Say } from '../types.ts';
import type { WorkloadId } from '../workload/workload.ts';

/**
 * Deletes a pod of another version that is not ready and for which a StatefulSet would wait without end (`podsInTheWay`).
 * @param which the version it is of, in words
 */
export async function removePod(
  deps: DeployerDeps,
  workload: WorkloadId,
  pod: V1Pod,
  which: string,
  say: Say,
): Promise<Problem | undefined> {
  const { namespace, name } = workload;
  try {
    await deps.retryingKube.deletePod(namespace, podName(pod), pod.metadata?.uid ?? '');
  } catch (thrown) {
    const { reason, message } = asGitkubeError(thrown);
    return {
      key: `blocked ${pod.metadata?.uid}`,
      reason,
      message: `pod ${podName(pod)} of ${which} is not ready and blocks the rollout, and ${message}`,
      hint: [`kubectl -n ${namespace} delete pod ${podName(pod)}`],
      graceMs: 0,
    };
  }
  deps.log.info({ ...workload, pod: podName(pod) }, 'pod in the way of a rollout deleted');
  say(`${name}: deleted pod ${podName(pod)} of ${which}: not ready, it would block the rollout for ever`);
  return undefined;
}
