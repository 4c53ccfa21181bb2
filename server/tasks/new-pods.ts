import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Kube, V1Pod } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import { taskLabel } from './task-order.ts';
import type { BegunMigration } from './undo-migrations.ts';

export interface NewPodsParts {
  readonly kube: Pick<Kube, 'listPods'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** After their grace; nobody waits longer than that for a grace. */
const afterGraceMs = 30_000;
const maxGraceSeconds = 600;
const lookAgainMs = 1000;

/**
 * Waits until no pod runs what only the deploy of these migrations has brought, whatever it is of: one that still ends in its grace
 * is not seen in its workload.
 * @returns the names of those that run on; none where nothing would be undone
 */
export async function newPodsLeft(
  parts: NewPodsParts,
  begun: readonly BegunMigration[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { kube, clock } = parts;
  const undone = begun.filter(({ undo }) => undo);
  const images = new Set(undone.flatMap(({ newImages = [] }) => newImages));
  const [first] = undone;
  if (!first || images.size === 0) return [];
  const since = clock.monotonic();
  for (;;) {
    const pods = await retryCall(parts, () => kube.listPods(first.namespace, `!${taskLabel}`), signal);
    const left = pods.filter((pod) => runs(pod, images));
    if (left.length === 0 || clock.monotonic() - since >= longestMs(left)) return left.map(nameOf);
    await clock.delay(lookAgainMs, signal);
  }
}

function longestMs(pods: readonly V1Pod[]): number {
  const graces = pods.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 30);
  return Math.min(maxGraceSeconds, Math.max(...graces)) * 1000 + afterGraceMs;
}

function runs({ spec, status }: V1Pod, images: ReadonlySet<string>): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return containers.some(({ image }) => image !== undefined && images.has(image));
}

function nameOf({ metadata }: V1Pod): string {
  return metadata?.name ?? '';
}
