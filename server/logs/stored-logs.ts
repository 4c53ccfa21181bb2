import type { V1Pod } from '../../kube/index.ts';
import { lineOf, noteOf } from './lines.ts';
import type { LogsParts, LogsWish, PodsOfOne } from './pod-logs.ts';
import { runsOf } from './runs.ts';

/** What is there, one container after the other, the oldest pod first. */
export async function* storedLogs(
  { kube }: LogsParts,
  pods: readonly PodsOfOne[],
  wish: LogsWish,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let isAny = false;
  for (const { namespace, labelSelector, isOwn } of pods) {
    const own = (await kube.listPods(namespace, labelSelector)).filter(isOwn).sort(byAge);
    for (const run of own.flatMap((pod) => runsOf(pod, wish.container))) {
      if (wish.previous && !run.hasPrevious) continue;
      isAny = true;
      for await (const line of kube.followPodLog(
        namespace,
        run.pod,
        { ...run, ...wish, container: run.container },
        signal,
      )) {
        yield lineOf(run, line);
      }
    }
  }
  if (!isAny) yield noteOf(wish.previous ? 'no container was restarted' : 'no container has started');
}

function byAge(a: V1Pod, b: V1Pod): number {
  return createdAt(a) - createdAt(b);
}

function createdAt({ metadata }: V1Pod): number {
  return metadata?.creationTimestamp ? new Date(metadata.creationTimestamp).getTime() : 0;
}
