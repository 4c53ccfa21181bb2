import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Workload } from '../../kube/kube.ts';
import type { DeployerDeps } from '../deps.ts';
import type { Problem } from '../pods/pod-problems.ts';
import { restartsOf } from '../pods/pods.ts';
import { removePod } from '../rollout/remove-pod.ts';
import { RolloutView } from '../rollout/rollout-view.ts';
import { waitRollout } from '../rollout/wait-rollout.ts';
import { hasOtherPods } from '../status/other-pods.ts';
import { sinceOf } from '../status/workload-status.ts';
import type { RestoreOptions, WorkloadSnapshot } from '../types.ts';
import { podSelector } from '../workload/selector.ts';
import { rollsOut } from '../workload/workload.ts';

/** `unfinished`: it is restored, and the server has to end before all of it runs. */
export type Waited = 'finished' | 'unfinished';

/**
 * For workloads whose manifests were restored: waits until those that ran before run again. What does not is reported,
 * and is no error.
 * @param earlier that an earlier try has restored, if any: those that are not done with it are waited for, too
 */
export async function waitUntilAllRestored(
  deps: DeployerDeps,
  snapshots: readonly WorkloadSnapshot[],
  options: RestoreOptions,
  earlier: readonly WorkloadSnapshot[],
): Promise<void> {
  const waits = [...snapshots, ...earlier].map(async (snapshot, index) => {
    const current = await deps.retryingKube.getWorkload(snapshot);
    if (current?.metadata?.uid !== snapshot.uid) return 'finished';
    const waits = index < snapshots.length || (snapshot.wasReady !== false && hasOtherPods(current));
    return waits ? waitUntilRestored(deps, snapshot, current, options) : 'finished';
  });
  const waited = await Promise.all(waits);
  requireFinished([...snapshots, ...earlier].filter((_, index) => waited[index] === 'unfinished'));
}

/** @throws RestoreUnfinished naming these, unless there are none */
export function requireFinished(unfinished: readonly WorkloadSnapshot[]): void {
  if (unfinished.length === 0) return;
  const names = unfinished.map(({ name }) => name).join(', ');
  const message = `${names}: restored, and the server stopped before all of it ran again`;
  throw new GitkubeError('RestoreUnfinished', message, {
    hint: `${again} in a moment: the next server finishes restoring`,
  });
}

/**
 * A version that was ready before is waited for until it is again; one that was not (the placeholder of a first push)
 * only until Kubernetes has taken it up. An old version that does not come back is reported, and is no error: all that
 * Gitkube changed is restored.
 */
export async function waitUntilRestored(
  deps: DeployerDeps,
  snapshot: WorkloadSnapshot,
  patched: Workload,
  { say, timeoutSeconds = 60, stillRuns }: RestoreOptions,
): Promise<Waited> {
  const { namespace, name } = snapshot;
  if (!rollsOut(snapshot)) {
    say(`${name}: rolled back to the previous version`);
    return 'finished';
  }
  const pods = await deps.retryingKube.listPods(namespace, podSelector(patched));
  await using view = new RolloutView(deps.kube, namespace, patched);
  const target = {
    ...snapshot,
    until: snapshot.wasReady === false ? ('observed' as const) : ('complete' as const),
    restartsBefore: restartsOf(pods),
    since: sinceOf(patched),
    restoring: true,
  };
  const wait = waitRollout(view, target, {
    clock: deps.clock,
    timeoutSeconds,
    settleMs: 0,
    signal: deps.stopWaiting,
    onLine: (line) => deps.log.debug({ namespace, name, line }, 'restoring'),
    lastLook: () => deps.retryingKube.getWorkload(snapshot),
    removePod: (pod) => removePod(deps, snapshot, pod, 'the version that failed', say),
  });
  const problem = await wait.catch(unlessStopped(deps.stopWaiting));
  if (problem === 'stopped') {
    say(`${name}: restored; the server is stopping, so it is not known whether all pods run again`);
    return 'unfinished';
  }
  if (problem) {
    say(`${name}: restored, but not all pods are running: ${inWords(problem)}`);
    const now = await deps.retryingKube.getWorkload(snapshot);
    if (now && hasOtherPods(now)) stillRuns?.(name);
  } else if (target.until === 'observed') say(`${name}: undone; it was not ready before this deploy either`);
  else say(`${name}: rolled back; the previous version is running`);
  return 'finished';
}

function unlessStopped(signal: AbortSignal): (thrown: unknown) => 'stopped' {
  return (thrown) => {
    if (signal.aborted && thrown === signal.reason) return 'stopped';
    throw thrown;
  };
}

function inWords({ message, hint = [] }: Problem): string {
  return [plain(message, 500), ...hint].join('; ');
}
