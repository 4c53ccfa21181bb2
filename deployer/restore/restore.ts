import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Workload } from '../../kube/kube.ts';
import type { DeployerDeps } from '../deps.ts';
import { podsInTheWay } from '../evaluate/new-version.ts';
import { markAnnotations } from '../patch/annotations.ts';
import { makePatch } from '../patch/patch.ts';
import { restartedAt } from '../patch/restart.ts';
import { hasOtherPods } from '../status/other-pods.ts';
import type { RestoreOptions, WorkloadSnapshot } from '../types.ts';
import { containersOf, differingContainers } from '../workload/containers.ts';
import { podSelector } from '../workload/selector.ts';
import { forKubectl, rollsOut } from '../workload/workload.ts';
import { requireFinished, type Waited, waitUntilRestored } from './wait-restored.ts';

const patchTries = 8;

/**
 * Restores every workload to its snapshot, all at once, and waits until those that ran before run again. What
 * somebody else has changed since stays. To do it twice does no harm.
 * @throws RollbackFailed naming every workload that is not restored, with what to type by hand; RestoreUnfinished naming those
 * that are and were not waited for to the end.
 */
export async function restoreAll(
  deps: DeployerDeps,
  snapshots: readonly WorkloadSnapshot[],
  options: RestoreOptions,
): Promise<void> {
  const outcomes = await Promise.allSettled(snapshots.map((snapshot) => restoreOne(deps, snapshot, options)));
  const failures = outcomes.flatMap((outcome, index) => {
    const snapshot = snapshots[index];
    return outcome.status === 'rejected' && snapshot ? [{ snapshot, error: asGitkubeError(outcome.reason) }] : [];
  });
  const [first] = failures;
  if (!first) return requireFinished(snapshots.filter((_, index) => isUnfinished(outcomes[index])));
  const messages = failures.map(({ snapshot, error }) => `${snapshot.name} could not be restored: ${error.message}`);
  const hint = failures.map(({ snapshot }) => byHand(snapshot));
  deps.log.error({ namespace: first.snapshot.namespace, failures: messages }, 'restoring workloads failed');
  throw new GitkubeError('RollbackFailed', messages.join('; '), { hint, cause: first.error });
}

/** What a person types to restore a workload. */
export function byHand({ kind, namespace, name, images }: WorkloadSnapshot): string {
  const pairs = Object.entries(images).map(([container, image]) => `${container}=${image}`);
  const workload = forKubectl({ kind, name });
  const set = `kubectl -n ${namespace} set image ${workload} ${pairs.join(' ')}`;
  const undo = `kubectl -n ${namespace} rollout undo ${workload}`;
  if (pairs.length === 0) return undo;
  return rollsOut({ kind }) ? `${set} (or: ${undo})` : set;
}

function isUnfinished(outcome: PromiseSettledResult<Waited> | undefined): boolean {
  return outcome?.status === 'fulfilled' && outcome.value === 'unfinished';
}

async function restoreOne(deps: DeployerDeps, snapshot: WorkloadSnapshot, options: RestoreOptions): Promise<Waited> {
  const { kind, namespace, name, uid } = snapshot;
  const { say } = options;
  for (let attempt = 1; attempt <= patchTries; attempt++) {
    const current = await deps.retryingKube.getWorkload(snapshot);
    if (current?.metadata?.uid !== uid || current.metadata.deletionTimestamp) {
      say(`${name}: was deleted since; nothing is left to restore`);
      return 'finished';
    }
    const { images, foreign } = whatToRestore(current, snapshot, options);
    const restart = restartToRestore(current, snapshot);
    const patch = makePatch(current, images, annotationsToRestore(current, snapshot, options), restart);
    if (attempt === 1) for (const line of foreign) say(`${name}: ${line}`);
    if (patch.length === 0) {
      const isUnderWay = foreign.length === 0 && isBeingRestored(current, snapshot, options);
      const waits = isUnderWay || (await isHeldUp(deps, current));
      return waits ? waitUntilRestored(deps, snapshot, current, options) : 'finished';
    }
    const isOther = restart !== undefined || differingContainers(current, images).length > 0;
    if (attempt === 1 && isOther)
      say(`${name}: ${snapshot.wasReady === false ? 'undoing the change' : 'rolling back to the previous version'}`);
    const patched = await deps.retryingKube.patchWorkload(snapshot, patch);
    if (!patched) continue;
    deps.log.info({ kind, namespace, name, images }, 'workload restored');
    return isOther && foreign.length === 0 ? await waitUntilRestored(deps, snapshot, patched, options) : 'finished';
  }
  throw new GitkubeError('WorkloadChanged', 'somebody else keeps changing it');
}

/** An earlier try has restored it, and pods of what this deploy has set are left: a server that stopped did not wait for their end. */
function isBeingRestored(
  current: Workload,
  { name, images, restart, wasReady }: WorkloadSnapshot,
  { expected }: RestoreOptions,
): boolean {
  const ours = expected?.[name] ?? {};
  const hasOther = Object.entries(images).some(([container, image]) => (ours[container] ?? image) !== image);
  return wasReady !== false && (hasOther || restart !== undefined) && hasOtherPods(current);
}

/** A StatefulSet that was restored and not waited for may stand still until a pod is deleted. */
async function isHeldUp({ retryingKube }: DeployerDeps, workload: Workload): Promise<boolean> {
  if (workload.kind !== 'StatefulSet') return false;
  const pods = await retryingKube.listPods(workload.metadata?.namespace ?? '', podSelector(workload));
  return podsInTheWay(workload, pods).length > 0;
}

function whatToRestore(current: Workload, snapshot: WorkloadSnapshot, { expected }: RestoreOptions) {
  const found = containersOf(current);
  const ours = expected?.[snapshot.name];
  const images: Record<string, string> = {};
  const foreign: string[] = [];
  for (const [container, before] of Object.entries(snapshot.images)) {
    const image = found.get(container)?.image;
    if (image === undefined) foreign.push(`container ${container} has been removed since; leaving it`);
    else if (image === before || !ours || image === ours[container]) images[container] = before;
    else foreign.push(`somebody else set the image of container ${container} to ${plain(image, 300)}, that stays`);
  }
  return { images, foreign };
}

/** Somebody else may have restarted its pods since: that stays. */
function restartToRestore(current: Workload, { restart }: WorkloadSnapshot): string | null | undefined {
  return restart && restart.ours !== restart.before && restartedAt(current) === restart.ours
    ? restart.before
    : undefined;
}

function annotationsToRestore(current: Workload, snapshot: WorkloadSnapshot, { mark }: RestoreOptions) {
  const ours: Readonly<Record<string, string>> | undefined = mark && markAnnotations(mark);
  const now = current.metadata?.annotations ?? {};
  return Object.fromEntries(Object.entries(snapshot.annotations).filter(([name]) => !ours || now[name] === ours[name]));
}
