import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { JobRef, Kube, V1Job } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';

export interface EndTaskParts {
  readonly kube: Pick<Kube, 'getJob' | 'deleteJob'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the server has to end. */
  readonly stopWaiting: AbortSignal;
}

/** How often is looked whether it is gone, and how long after its grace. */
const lookAgainMs = 500;
const goneMs = 60_000;

/**
 * Deletes the Job of a task, and resolves when its pods are gone: what comes next must not run beside it.
 * @throws ClusterForbidden, ClusterUnavailable, ShuttingDown: it may run on
 */
export async function endTask(parts: EndTaskParts, ref: JobRef, { spec }: V1Job): Promise<void> {
  const { kube, clock, log, stopWaiting } = parts;
  const graceMs = (spec?.template.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  const giveUpAt = clock.monotonic() + graceMs + goneMs;
  const find = () => retryCall(parts, () => kube.getJob(ref));
  const found = await find();
  if (!found) return;
  await retryCall(parts, () => kube.deleteJob(ref, found.metadata?.uid ?? '', 'Foreground'));
  while (await find()) {
    if (clock.monotonic() >= giveUpAt) {
      log.warn({ job: `${ref.namespace}/${ref.name}` }, 'the pod of a task that was ended is still there');
      return;
    }
    await clock.delay(lookAgainMs, stopWaiting);
  }
}
