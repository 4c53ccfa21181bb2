import type { GitkubeError } from '../../base/errors.ts';
import type { WorkloadId } from '../../kube/kube.ts';
import { type DeployerDeps, withSignal } from '../deps.ts';
import { explain } from '../pods/explain.ts';
import { restartsOf } from '../pods/pods.ts';
import { RolloutView } from '../rollout/rollout-view.ts';
import { containersOf } from '../workload/containers.ts';
import { podSelector } from '../workload/selector.ts';
import { rollsOut } from '../workload/workload.ts';
import { Health } from './health.ts';

export interface WatchedWorkload extends WorkloadId {
  /** Container to image, as the release set them. */
  readonly images: Readonly<Record<string, string>>;
}

export interface WatchRequest {
  readonly workloads: readonly WatchedWorkload[];
  /** From now on. */
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** How a watch ends: all pods ran on, one of them did not, nobody could look at last, or somebody else deployed something. */
export type WatchEnd =
  | { readonly kind: 'held' }
  | { readonly kind: 'failed'; readonly error: GitkubeError }
  | { readonly kind: 'unseen' }
  | { readonly kind: 'other' };

/** Watches the pods of a release for a while, on watch events. Rejects when the signal aborts. */
export async function watchRelease(deps: DeployerDeps, { workloads, ms, signal }: WatchRequest): Promise<WatchEnd> {
  const stop = new AbortController();
  const until = deps.clock.monotonic() + ms;
  const one = { until, signal: AbortSignal.any([signal, stop.signal]) };
  const watching = workloads.map((id) => watchWorkload(deps, id, one));
  try {
    const first = firstOf(watching);
    const ends = Promise.all(watching).then(() => undefined);
    return (await Promise.race([first, ends])) ?? { kind: 'held' };
  } finally {
    stop.abort(new Error('another workload has ended the watch'));
    await Promise.allSettled(watching);
  }
}

/** Resolves with the first one that did not hold. */
function firstOf(watching: readonly Promise<WatchEnd>[]): Promise<WatchEnd> {
  return new Promise((resolve, reject) => {
    for (const one of watching) one.then((end) => end.kind !== 'held' && resolve(end), reject);
  });
}

interface WatchOptions {
  /** On the monotonic clock. */
  readonly until: number;
  readonly signal: AbortSignal;
}

async function watchWorkload(
  deps: DeployerDeps,
  { images: released, ...id }: WatchedWorkload,
  { until, signal }: WatchOptions,
): Promise<WatchEnd> {
  const { kube, clock, retryingKube } = withSignal(deps, signal);
  const workload = await retryingKube.getWorkload(id);
  if (!workload) return { kind: 'other' };
  if (!rollsOut(workload)) return { kind: 'held' };
  const runs = Object.fromEntries([...containersOf(workload)].map(([name, { image }]) => [name, image]));
  const images = { ...runs, ...released };
  const restartsBefore = restartsOf(await retryingKube.listPods(id.namespace, podSelector(workload)));
  await using view = new RolloutView(kube, id.namespace, workload);
  const health = new Health(clock, { uid: workload.metadata?.uid ?? '', images, restartsBefore });
  for (;;) {
    signal.throwIfAborted();
    // What is known may be old while the API server does not answer.
    const look = view.healthy && view.state ? health.look(view.state) : undefined;
    if (look?.isOther) return { kind: 'other' };
    if (look?.problem) return { kind: 'failed', error: await explain(look.problem, id, retryingKube, clock) };
    const left = until - clock.monotonic();
    if (left <= 0) return { kind: look ? 'held' : 'unseen' };
    await changedOrLate(deps, view, Math.min(left, (look?.dueAt ?? until) - clock.monotonic()), signal);
  }
}

async function changedOrLate({ clock }: DeployerDeps, view: RolloutView, ms: number, signal: AbortSignal) {
  const awake = new AbortController();
  const timer = clock.delay(Math.max(0, ms), AbortSignal.any([signal, awake.signal]));
  try {
    await Promise.race([view.changed(), timer]);
  } finally {
    timer.catch(() => {});
    awake.abort();
  }
}
