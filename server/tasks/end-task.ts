import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { hasBegun as begun } from '../../deployer/index.ts';
import type { JobRef, Kube, V1Job } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';

export interface EndTaskParts {
  readonly kube: Pick<Kube, 'getJob' | 'deleteJob' | 'listPods'>;
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
 * @returns whether its command had begun by then
 * @throws ClusterForbidden, ClusterUnavailable, ShuttingDown: it may run on
 */
export async function endTask(parts: EndTaskParts, ref: JobRef, { spec }: V1Job): Promise<boolean> {
  const { kube, clock, log, stopWaiting } = parts;
  const graceMs = (spec?.template.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  const giveUpAt = clock.monotonic() + graceMs + goneMs;
  const find = () => retryCall(parts, () => kube.getJob(ref));
  const found = await find();
  if (!found) return false;
  await retryCall(parts, () => kube.deleteJob(ref, found.metadata?.uid ?? '', 'Foreground'));
  let hasBegun = await isBegun(parts, ref, spec);
  while (await find()) {
    // Its pods are deleted a moment after it, and may begin until then.
    hasBegun ||= await isBegun(parts, ref, spec);
    if (clock.monotonic() >= giveUpAt) {
      log.warn({ job: `${ref.namespace}/${ref.name}` }, 'the pod of a task that was ended is still there');
      return hasBegun;
    }
    await clock.delay(lookAgainMs, stopWaiting);
  }
  return hasBegun;
}

/** What cannot be seen has not: its end is what counts. */
async function isBegun(
  { kube, log }: EndTaskParts,
  { namespace, name }: JobRef,
  spec: V1Job['spec'],
): Promise<boolean> {
  const [command] = spec?.template.spec?.containers ?? [];
  const pods = await kube.listPods(namespace, `job-name=${name}`).catch((err: unknown) => {
    log.warn({ err, job: `${namespace}/${name}` }, 'the pods of a task that is ended could not be listed');
    return [];
  });
  return command !== undefined && begun(pods, command.name) === true;
}
