import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Kube, V1Pod } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import { taskLabel } from './task-order.ts';

export interface NewPodsParts {
  readonly kube: Pick<Kube, 'listPods'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was rolled back has a grace to end in. */
const graceMs = 60_000;
const lookAgainMs = 1000;

/**
 * Waits until no pod runs these images any more, whatever it is of: one that still ends in its grace is not seen in its workload.
 * @returns the names of those that run on
 */
export async function newPodsLeft(
  parts: NewPodsParts,
  namespace: string,
  images: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { kube, clock } = parts;
  for (const giveUpAt = clock.monotonic() + graceMs; images.length > 0; await clock.delay(lookAgainMs, signal)) {
    const pods = await retryCall(parts, () => kube.listPods(namespace, `!${taskLabel}`), signal);
    const left = pods.filter((pod) => runs(pod, images)).map(({ metadata }) => metadata?.name ?? '');
    if (left.length === 0 || clock.monotonic() >= giveUpAt) return left;
  }
  return [];
}

function runs({ spec, status }: V1Pod, images: readonly string[]): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return containers.some(({ image }) => image !== undefined && images.includes(image));
}
