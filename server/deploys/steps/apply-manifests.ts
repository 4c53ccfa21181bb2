import { z } from 'zod';
import { type ManifestsJournal, type PreparedManifests, reachableAt } from '../../../applier/index.ts';
import { rfc3339 } from '../../../base/rfc3339.ts';
import type { BuiltImage } from '../../../builder/index.ts';
import type { Companion, WorkloadChange, WorkloadSnapshot } from '../../../deployer/index.ts';
import { releasedImage, workloadChanges } from '../changes.ts';
import type { DeployContext } from '../context.ts';
import { changesAfter, companionOf, imagesByDigest, targetsBefore, targetsOfOthers } from '../manifests.ts';
import type { DeployRequest } from '../request.ts';
import type { ChangingStep, UndoContext, UndoOptions } from '../step.ts';
import { WorkloadBefore, workloadBefore } from '../workload-before.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { NumberFacts } from './number-release.ts';

export interface ChangeFacts {
  /** What each workload is to run. */
  readonly changes: readonly WorkloadChange[];
  /** What else is waited for, beside the workloads. */
  readonly companion?: Companion;
  /** Where the workloads can be reached, a line each. */
  readonly reachable?: readonly string[];
}

type Needs = DeployRequest & NumberFacts & CheckedFacts & ImageFacts;

const Entry = z.object({
  manifests: z.custom<ManifestsJournal>(isManifestsJournal),
  /** The workloads among them. */
  before: z.array(WorkloadBefore),
});
type Entry = z.infer<typeof Entry>;

/** Applies the manifests of the commit, if the Remote has any. */
export const applyManifests: ChangingStep<Needs, ChangeFacts, Entry> = {
  name: 'apply-manifests',
  phase: 'rollout',
  entry: Entry,
  run: async (facts, context, keep) => {
    const { remote, images, checked } = facts;
    const { again } = facts.revision;
    // What somebody else has set since is drift, and no matter of a restart.
    const set = again === 'restart' || again === 'env' ? [] : images;
    const changes = workloadChanges(remote, set.map(releasedImage));
    const applied = checked.manifests ? await apply(facts, context, checked.manifests, changes, keep) : { changes };
    // Of a change of the env not all pods are replaced (restart-readers.ts).
    if (again === undefined || again === 'env') return applied;
    return { ...applied, changes: restarting(applied.changes, context.clock.now()) };
  },
  undo: ({ manifests, before }, context, options) => restore(manifests, before, context, options),
};

function restarting(changes: readonly WorkloadChange[], now: number): WorkloadChange[] {
  const restartedAt = rfc3339(now);
  return changes.map((change) => ({ ...change, restartedAt }));
}

async function apply(
  { remote, images, checked, signal, output: { say } }: Needs,
  { applier, deployer, remotes }: DeployContext,
  prepared: PreparedManifests,
  changes: readonly WorkloadChange[],
  keep: (entry: Entry) => Promise<void>,
): Promise<ChangeFacts> {
  const others = targetsOfOthers(remotes.all(), remote);
  const before = await deployer.inspect(remote.namespace, targetsBefore(remote, prepared, others));
  const applied = await applier.apply(prepared, {
    images: checked.manifestImages ?? imagesByDigest(images as readonly BuiltImage[]),
    beforeApply: (manifests) => keep({ manifests, before: before.map(workloadBefore) }),
    signal,
    say,
  });
  const rollouts = changesAfter(remote, changes, prepared, others, applied).map((change) => withBefore(change, before));
  const ranBefore = before.length > 0 && before.every(({ wasReady }) => wasReady);
  const options = { ranBefore, changes: rollouts, others, timeoutSeconds: remote.rolloutTimeoutSeconds, say };
  const reachable = reachableAt(
    applied.map(({ after }) => after),
    remote.deployments,
  );
  return { changes: rollouts, companion: companionOf(applier, prepared, applied, options), reachable };
}

/** The snapshot that its rollout takes is of what the manifests have made of it. */
function withBefore(change: WorkloadChange, before: readonly WorkloadSnapshot[]): WorkloadChange {
  if (!change.applied) return change;
  const was = before.find(({ kind, name }) => kind === change.target.kind && name === change.target.name);
  return { ...change, wasReady: was?.wasReady ?? false };
}

/** Restores the objects, then waits for the workloads among them that ran before. */
async function restore(
  manifests: ManifestsJournal,
  before: readonly WorkloadBefore[],
  { applier, deployer }: UndoContext,
  { say, timeoutSeconds, stillRuns }: UndoOptions,
): Promise<void> {
  const restored = await applier.restore(manifests, say);
  const isRestored = (one: WorkloadBefore) => restored.some(({ kind, name }) => kind === one.kind && name === one.name);
  const [changed, others] = [before.filter(isRestored), before.filter((one) => !isRestored(one))];
  await deployer.waitUntilRestored(changed, { say, timeoutSeconds, ...(stillRuns && { stillRuns }) }, others);
}

/** Objects of the API are what they are: only what surrounds them is checked. */
function isManifestsJournal(value: unknown): boolean {
  const { as, snapshots, prune } = (value ?? {}) as Partial<ManifestsJournal>;
  return typeof as === 'string' && Array.isArray(snapshots) && Array.isArray(prune);
}
