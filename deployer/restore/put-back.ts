import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Workload } from '../../kube/kube.ts';
import type { Environment } from '../environment.ts';
import { podsInTheWay } from '../evaluate/new-version.ts';
import { markAnnotations } from '../patch/annotations.ts';
import { makePatch } from '../patch/patch.ts';
import type { Problem } from '../pods/pod-problems.ts';
import { restartsOf } from '../pods/pods.ts';
import { removePod } from '../rollout/remove-pod.ts';
import { RolloutView } from '../rollout/rollout-view.ts';
import { waitRollout } from '../rollout/wait-rollout.ts';
import { sinceOf } from '../status/workload-status.ts';
import type { PutBackOptions, WorkloadSnapshot } from '../types.ts';
import { containersOf, differingContainers } from '../workload/containers.ts';
import { podSelector } from '../workload/selector.ts';
import { forKubectl, rollsOut } from '../workload/workload.ts';

const patchTries = 8;

/**
 * Puts every workload back to its snapshot, all at once, and waits until those that ran before run again. What
 * somebody else changed meanwhile stays. To do it twice does no harm.
 * @throws PutBackFailed naming every workload that is not back, with what to type by hand; RestoreUnfinished naming those
 * that are back and were not waited for to the end.
 */
export async function putBackAll(
  env: Environment,
  snapshots: readonly WorkloadSnapshot[],
  options: PutBackOptions,
): Promise<void> {
  const outcomes = await Promise.allSettled(snapshots.map((snapshot) => putBackOne(env, snapshot, options)));
  const failures = outcomes.flatMap((outcome, index) => {
    const snapshot = snapshots[index];
    return outcome.status === 'rejected' && snapshot ? [{ snapshot, error: asGitkubeError(outcome.reason) }] : [];
  });
  const [first] = failures;
  if (!first) return requireFinished(snapshots.filter((_, index) => isUnfinished(outcomes[index])));
  const told = failures.map(({ snapshot, error }) => `${snapshot.name} could not be put back: ${error.message}`);
  const hint = failures.map(({ snapshot }) => byHand(snapshot));
  env.log.error({ namespace: first.snapshot.namespace, failures: told }, 'putting back failed');
  throw new GitkubeError('PutBackFailed', told.join('; '), { hint, cause: first.error });
}

/** What a person types to put a workload back. */
export function byHand({ kind, namespace, name, images }: WorkloadSnapshot): string {
  const pairs = Object.entries(images).map(([container, image]) => `${container}=${image}`);
  const workload = forKubectl({ kind, name });
  const set = `kubectl -n ${namespace} set image ${workload} ${pairs.join(' ')}`;
  return rollsOut({ kind }) ? `${set} (or: kubectl -n ${namespace} rollout undo ${workload})` : set;
}

/**
 * For workloads whose manifests were put back: waits until those that ran before run again. What does not come back is
 * told, and is no error.
 */
export async function waitUntilAllBack(
  env: Environment,
  snapshots: readonly WorkloadSnapshot[],
  options: PutBackOptions,
): Promise<void> {
  const waits = snapshots.map(async (snapshot) => {
    const current = await env.patient.getWorkload(snapshot);
    return current?.metadata?.uid === snapshot.uid ? waitUntilBack(env, snapshot, current, options) : 'finished';
  });
  const waited = await Promise.all(waits);
  requireFinished(snapshots.filter((_, index) => waited[index] === 'unfinished'));
}

/** `unfinished`: it is what it was before, and the server has to end before all of it runs. */
type Waited = 'finished' | 'unfinished';

function isUnfinished(outcome: PromiseSettledResult<Waited> | undefined): boolean {
  return outcome?.status === 'fulfilled' && outcome.value === 'unfinished';
}

function requireFinished(unfinished: readonly WorkloadSnapshot[]): void {
  if (unfinished.length === 0) return;
  const names = unfinished.map(({ name }) => name).join(', ');
  const message = `${names}: restored, and the server stopped before all of it ran again`;
  throw new GitkubeError('RestoreUnfinished', message, {
    hint: 'push again in a moment: the next server looks after what is still starting',
  });
}

async function putBackOne(env: Environment, snapshot: WorkloadSnapshot, options: PutBackOptions): Promise<Waited> {
  const { kind, namespace, name, uid } = snapshot;
  const { say } = options;
  for (let attempt = 1; attempt <= patchTries; attempt++) {
    const current = await env.patient.getWorkload(snapshot);
    if (current?.metadata?.uid !== uid || current.metadata.deletionTimestamp) {
      say(`${name}: was deleted meanwhile, nothing is left to put back`);
      return 'finished';
    }
    const { images, foreign } = whatToRestore(current, snapshot, options);
    const patch = makePatch(current, images, annotationsToRestore(current, snapshot, options));
    if (attempt === 1) for (const line of foreign) say(`${name}: ${line}`);
    if (patch.length === 0)
      return (await isHeldUp(env, current)) ? waitUntilBack(env, snapshot, current, options) : 'finished';
    const isOther = differingContainers(current, images).length > 0;
    if (attempt === 1 && isOther) say(`${name}: putting it back to what it was before`);
    const patched = await env.patient.patchWorkload(snapshot, patch);
    if (!patched) continue;
    env.log.info({ kind, namespace, name, images }, 'workload put back');
    return isOther && foreign.length === 0 ? await waitUntilBack(env, snapshot, patched, options) : 'finished';
  }
  throw new GitkubeError('WorkloadChanged', 'somebody else changes it all the time');
}

/** A StatefulSet that was restored and not waited for may stand still until a pod is deleted. */
async function isHeldUp({ patient }: Environment, workload: Workload): Promise<boolean> {
  if (workload.kind !== 'StatefulSet') return false;
  const pods = await patient.listPods(workload.metadata?.namespace ?? '', podSelector(workload));
  return podsInTheWay(workload, pods).length > 0;
}

function whatToRestore(current: Workload, snapshot: WorkloadSnapshot, { expected }: PutBackOptions) {
  const found = containersOf(current);
  const ours = expected?.[snapshot.name];
  const images: Record<string, string> = {};
  const foreign: string[] = [];
  for (const [container, before] of Object.entries(snapshot.images)) {
    const image = found.get(container)?.image;
    if (image === undefined) foreign.push(`container ${container} was taken away meanwhile, that stays`);
    else if (image === before || !ours || image === ours[container]) images[container] = before;
    else foreign.push(`somebody else set the image of container ${container} to ${plain(image, 300)}, that stays`);
  }
  return { images, foreign };
}

function annotationsToRestore(current: Workload, snapshot: WorkloadSnapshot, { mark }: PutBackOptions) {
  const ours: Readonly<Record<string, string>> | undefined = mark && markAnnotations(mark);
  const now = current.metadata?.annotations ?? {};
  return Object.fromEntries(Object.entries(snapshot.annotations).filter(([name]) => !ours || now[name] === ours[name]));
}

/**
 * A version that was ready before is waited for until it is again; one that was not (the placeholder of a first push)
 * only until Kubernetes has taken it up. An old version that does not come back is told, and is no error: all that
 * Gitkube changed is as it was.
 */
async function waitUntilBack(
  env: Environment,
  snapshot: WorkloadSnapshot,
  patched: Workload,
  { say, timeoutSeconds = 60 }: PutBackOptions,
): Promise<Waited> {
  const { namespace, name } = snapshot;
  if (!rollsOut(snapshot)) {
    say(`${name}: has again what it had before`);
    return 'finished';
  }
  const pods = await env.patient.listPods(namespace, podSelector(patched));
  await using view = new RolloutView(env.kube, namespace, patched);
  const goal = {
    ...snapshot,
    until: snapshot.wasReady === false ? ('observed' as const) : ('complete' as const),
    restartsBefore: restartsOf(pods),
    since: sinceOf(patched),
    puttingBack: true,
  };
  const wait = waitRollout(view, goal, {
    clock: env.clock,
    timeoutSeconds,
    settleMs: 0,
    signal: env.stopWaiting,
    onLine: (line) => env.log.debug({ namespace, name, line }, 'putting back'),
    lastLook: () => env.patient.getWorkload(snapshot),
    removePod: (pod) => removePod(env, snapshot, pod, 'the version that failed', say),
  });
  const problem = await wait.catch(unlessStopped(env.stopWaiting));
  if (problem === 'stopped') {
    say(`${name}: is what it was before; the server stops, so it is not known whether all of it runs again`);
    return 'unfinished';
  }
  if (problem) say(`${name}: is what it was before, but not all of it runs: ${told(problem)}`);
  else if (goal.until === 'observed') say(`${name}: is again what it was before (it was not ready then either)`);
  else say(`${name}: runs again what it ran before`);
  return 'finished';
}

function unlessStopped(signal: AbortSignal): (thrown: unknown) => 'stopped' {
  return (thrown) => {
    if (signal.aborted && thrown === signal.reason) return 'stopped';
    throw thrown;
  };
}

function told({ message, hint = [] }: Problem): string {
  return [plain(message, 500), ...hint].join('; ');
}
