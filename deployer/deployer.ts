import { allOrFirstError } from '../base/all-or-first-error.ts';
import { GitkubeError } from '../base/errors.ts';
import type { Workload, WorkloadId } from '../kube/kube.ts';
import type { DeploymentTarget } from '../remote-crd/remote.ts';
import { type DeployerDeps, type DeployerOptions, makeDeps, withSignal } from './deps.ts';
import { paused } from './evaluate/rollout-evaluator.ts';
import { takeSnapshot } from './patch/snapshot.ts';
import { restoreAll } from './restore/restore.ts';
import { waitUntilAllRestored } from './restore/wait-restored.ts';
import { waitAll } from './rollout/wait-all.ts';
import { WorkloadRollout } from './rollout/workload-rollout.ts';
import { type ReadyPods, readyPods } from './status/ready-pods.ts';
import type {
  DeployRequest,
  RestoreOptions,
  RolloutResult,
  WorkloadChange,
  WorkloadDifference,
  WorkloadRisks,
  WorkloadSnapshot,
} from './types.ts';
import { type WatchEnd, type WatchRequest, watchRelease } from './watch/watch-release.ts';
import { containersOf, differingContainers } from './workload/containers.ts';
import { findAll } from './workload/find.ts';
import { risksOf } from './workload/risks.ts';
import { inWords } from './workload/workload.ts';

/** Makes workloads run a release, and restores what they ran before. */
export class Deployer {
  readonly #deps: DeployerDeps;

  constructor(options: DeployerOptions) {
    this.#deps = makeDeps(options);
  }

  /**
   * Reads every workload and checks that it can take a new version, before anything is built.
   * @throws WorkloadNotFound, ContainerNotFound (one error that names all of them), RolloutRefused for a paused Deployment.
   */
  async inspect(namespace: string, targets: readonly DeploymentTarget[]): Promise<WorkloadSnapshot[]> {
    const wanted = targets.map(({ kind, name, containers }) => ({
      kind,
      namespace,
      name,
      containers: containers.map((c) => c.name),
    }));
    const found = await findAll(this.#deps, wanted);
    for (const workload of found) refusePaused(namespace, workload);
    return found.map((workload, index) => takeSnapshot(namespace, workload, wanted[index]?.containers ?? []));
  }

  /**
   * Patches all workloads and waits for all rollouts. When it throws, what it has changed stays as it is: the caller
   * restores it with `restore` and the snapshots that `beforePatch` got.
   */
  async deploy(request: DeployRequest): Promise<RolloutResult[]> {
    const deps = withSignal(this.#deps, request.signal);
    await using stack = new AsyncDisposableStack();
    const rollouts = await cancellable(request.signal, () => this.#open(deps, request, stack));
    const snapshots = () => rollouts.map(({ snapshot }) => snapshot);
    await cancellable(request.signal, async () => request.beforePatch?.(snapshots()));
    await cancellable(request.signal, () => patchAll(rollouts, request, snapshots));
    // `await`: what the rollouts watch is closed when this returns.
    return await cancellable(request.signal, () => waitAll(this.#deps, rollouts, request));
  }

  /**
   * Restores workloads to their snapshots, for a deploy that failed or was cut off. To do it twice does no harm.
   * @throws RollbackFailed, RestoreUnfinished
   */
  async restore(snapshots: readonly WorkloadSnapshot[], options: RestoreOptions): Promise<void> {
    await restoreAll(this.#deps, snapshots, options);
  }

  /**
   * Waits until workloads that somebody else has restored run again.
   * @param earlier that an earlier try has restored, if any: those of which pods of another version are left are waited for, too
   * @throws RestoreUnfinished
   */
  async waitUntilRestored(
    snapshots: readonly WorkloadSnapshot[],
    options: RestoreOptions,
    earlier: readonly WorkloadSnapshot[] = [],
  ): Promise<void> {
    await waitUntilAllRestored(this.#deps, snapshots, options, earlier);
  }

  /** Which containers do not run what a release says; empty: all of them do. */
  async matches(namespace: string, changes: readonly WorkloadChange[]): Promise<WorkloadDifference[]> {
    const differences = changes.map(async ({ target: { kind, name }, images }) => {
      const workload = await this.#deps.retryingKube.getWorkload({ kind, namespace, name });
      const found = workload && containersOf(workload);
      return Object.entries(images).flatMap(([container, wants]): WorkloadDifference[] => {
        const runs = found?.get(container)?.image ?? null;
        if (runs === wants) return [];
        const missing = found ? 'container' : 'workload';
        return [{ kind, name, container, wants, runs, ...(runs === null && { missing }) }];
      });
    });
    return (await Promise.all(differences)).flat();
  }

  /**
   * How many pods of a workload are ready now, asked once; undefined: a CronJob has none of its own.
   * @throws WorkloadNotFound, ClusterUnavailable
   */
  async readyPods(id: WorkloadId): Promise<ReadyPods | undefined> {
    const { kind, namespace, name } = id;
    const workload = await this.#deps.kube.getWorkload(kind, namespace, name);
    if (!workload) throw new GitkubeError('WorkloadNotFound', `${inWords(id)} does not exist`);
    return readyPods(workload);
  }

  /** What each workload lacks, asked once; one that does not exist has no risks. @throws ClusterUnavailable */
  async risks(
    namespace: string,
    targets: readonly Pick<DeploymentTarget, 'kind' | 'name'>[],
  ): Promise<WorkloadRisks[]> {
    const all = targets.map(async ({ kind, name }) => {
      const workload = await this.#deps.kube.getWorkload(kind, namespace, name);
      return { kind, name, risks: workload ? risksOf(workload) : [] };
    });
    return Promise.all(all);
  }

  /**
   * Watches the pods of a release for a while, and changes nothing. Rejects when the signal aborts.
   * @throws ClusterUnavailable
   */
  watch(request: WatchRequest): Promise<WatchEnd> {
    return watchRelease(this.#deps, request);
  }

  async #open(deps: DeployerDeps, { namespace, changes }: DeployRequest, stack: AsyncDisposableStack) {
    const wanted = changes.map(({ target, images }) => ({
      kind: target.kind,
      namespace,
      name: target.name,
      containers: Object.keys(images),
    }));
    const found = await findAll(deps, wanted);
    const pairs = changes.flatMap((change, index) => {
      const workload = found[index];
      return workload ? [{ change, workload }] : [];
    });
    for (const { change, workload } of pairs) {
      if (differingContainers(workload, change.images).length > 0) refusePaused(namespace, workload);
    }
    const open = pairs.map(async ({ change, workload }) =>
      stack.use(await WorkloadRollout.open(deps, namespace, change, workload)),
    );
    return allOrFirstError(open);
  }
}

function refusePaused(namespace: string, workload: Workload): void {
  if (workload.kind !== 'Deployment' || !workload.spec?.paused) return;
  const {
    reason,
    message,
    hint = [],
  } = paused({ kind: workload.kind, namespace, name: workload.metadata?.name ?? '' });
  throw new GitkubeError(reason, message, { hint });
}

/** Patches all at once, and waits for every answer: what was patched has to be known before it is restored. */
async function patchAll(
  rollouts: readonly WorkloadRollout[],
  { mark, beforePatch }: DeployRequest,
  snapshots: () => WorkloadSnapshot[],
): Promise<void> {
  let journal = Promise.resolve();
  const newSnapshot = () => {
    journal = journal.then(() => beforePatch?.(snapshots()));
    return journal;
  };
  await allOrFirstError(rollouts.map((rollout) => rollout.patch(mark, newSnapshot)));
}

/** An abort as an error of the catalog: its own reason if it is one. */
async function cancellable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (thrown) {
    if (!signal.aborted || thrown !== signal.reason) throw thrown;
    if (thrown instanceof GitkubeError) throw thrown;
    throw new GitkubeError('Cancelled', 'the push was ended while it rolled out', { cause: thrown });
  }
}
