import { asGitkubeError, GitkubeError } from '../base/errors.ts';
import type { Workload, WorkloadKind } from '../kube/kube.ts';
import { workloadKinds } from '../kube/workload.ts';
import type { DeploymentTarget } from '../remote-crd/remote.ts';
import { containersOf, differingContainers } from './containers.ts';
import { type DeployerOptions, type Environment, makeEnvironment, under } from './environment.ts';
import { explain } from './explain.ts';
import { checkFound, isGone, type Wanted } from './find.ts';
import { paused } from './judge.ts';
import type { Problem } from './pod-problems.ts';
import { putBackAll, waitUntilAllBack } from './put-back.ts';
import { takeSnapshot } from './snapshot.ts';
import type {
  DeployRequest,
  ExpectedImages,
  PutBackOptions,
  RolloutResult,
  WorkloadChange,
  WorkloadDifference,
  WorkloadSnapshot,
} from './types.ts';
import type { WorkloadId } from './workload.ts';
import { WorkloadRollout } from './workload-rollout.ts';

/** Makes workloads run a release, all of them or none. */
export class Deployer {
  readonly #env: Environment;

  constructor(options: DeployerOptions) {
    this.#env = makeEnvironment(options);
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
    const found = await this.#find(this.#env, wanted);
    for (const workload of found) refusePaused(namespace, workload);
    return found.map((workload, index) => takeSnapshot(namespace, workload, wanted[index]?.containers ?? []));
  }

  /**
   * Patches all workloads and waits for all rollouts. When it throws, every one of them is what it was before, except
   * what somebody else changed meanwhile and what a PutBackFailed names. After a RestoreUnfinished it is so, too, and not
   * everything runs yet.
   */
  async deploy(request: DeployRequest): Promise<RolloutResult[]> {
    const env = under(this.#env, request.signal);
    await using stack = new AsyncDisposableStack();
    const rollouts = await cancellable(request.signal, () => this.#open(env, request, stack));
    const snapshots = () => rollouts.map(({ snapshot }) => snapshot);
    await cancellable(request.signal, async () => request.beforePatch?.(snapshots()));
    try {
      await cancellable(request.signal, () => patchAll(rollouts, request, snapshots));
      return await cancellable(request.signal, () => waitAll(this.#env, rollouts, request));
    } catch (thrown) {
      throw await this.#putBackAfter(asGitkubeError(thrown), snapshots(), request);
    }
  }

  /**
   * Puts workloads back to their snapshots, for a deploy that was cut off. To do it twice does no harm.
   * @throws PutBackFailed, RestoreUnfinished
   */
  async putBack(snapshots: readonly WorkloadSnapshot[], options: PutBackOptions): Promise<void> {
    await putBackAll(this.#env, snapshots, options);
  }

  /**
   * Waits for workloads that somebody else has put back to run again.
   * @throws RestoreUnfinished
   */
  async waitUntilBack(snapshots: readonly WorkloadSnapshot[], options: PutBackOptions): Promise<void> {
    await waitUntilAllBack(this.#env, snapshots, options);
  }

  /** Which containers do not run what a release says; empty: all of them do. */
  async matches(namespace: string, changes: readonly WorkloadChange[]): Promise<WorkloadDifference[]> {
    const differences = changes.map(async ({ target: { kind, name }, images }) => {
      const workload = await this.#env.patient.getWorkload({ kind, namespace, name });
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

  async #find(env: Environment, wanted: readonly Wanted[]): Promise<Workload[]> {
    const found = await Promise.all(wanted.map((one) => env.patient.getWorkload(one)));
    const absent = wanted.filter((_, index) => isGone(found[index]));
    const others = absent.map(async (one) => [one, await otherKinds(env, one)] as const);
    checkFound(wanted, found, new Map(await Promise.all(others)));
    return found.filter((one) => one !== undefined);
  }

  async #open(env: Environment, { namespace, changes }: DeployRequest, stack: AsyncDisposableStack) {
    const wanted = changes.map(({ target, images }) => ({
      kind: target.kind,
      namespace,
      name: target.name,
      containers: Object.keys(images),
    }));
    const found = await this.#find(env, wanted);
    const pairs = changes.flatMap((change, index) => {
      const workload = found[index];
      return workload ? [{ change, workload }] : [];
    });
    for (const { change, workload } of pairs) {
      if (differingContainers(workload, change.images).length > 0) refusePaused(namespace, workload);
    }
    const open = pairs.map(async ({ change, workload }) =>
      stack.use(await WorkloadRollout.open(env, namespace, change, workload)),
    );
    return allOrFirstError(open);
  }

  async #putBackAfter(
    failure: GitkubeError,
    snapshots: readonly WorkloadSnapshot[],
    { changes, say, timeoutSeconds, mark }: DeployRequest,
  ): Promise<GitkubeError> {
    const expected: ExpectedImages = Object.fromEntries(changes.map(({ target, images }) => [target.name, images]));
    try {
      await putBackAll(this.#env, snapshots, { say, timeoutSeconds, expected, mark });
      return failure;
    } catch (thrown) {
      const { reason, message, hint, cause } = asGitkubeError(thrown);
      const evidence = [...failure.evidence, ...(reason === 'RestoreUnfinished' ? [] : failure.hint)];
      const told = reason === 'RestoreUnfinished' ? reason : 'PutBackFailed';
      return new GitkubeError(told, `${failure.message}; ${message}`, { hint, evidence, cause });
    }
  }
}

/** Of which other kinds there is a workload of this name: the likeliest slip in a Remote. */
async function otherKinds({ kube }: Environment, { kind, namespace, name }: Wanted): Promise<WorkloadKind[]> {
  const others = workloadKinds.filter((one) => one !== kind);
  // Only for a better message: one try, and a missing right is no error.
  const found = await Promise.all(others.map((one) => kube.getWorkload(one, namespace, name).catch(() => undefined)));
  return others.filter((_, index) => !isGone(found[index]));
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

/** Patches all at once, and waits for every answer: what was patched has to be known before it is put back. */
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

/** Waits for all rollouts; the first that fails ends the wait for the others. */
async function waitAll(
  env: Environment,
  rollouts: readonly WorkloadRollout[],
  request: DeployRequest,
): Promise<RolloutResult[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const failed: { readonly id: WorkloadId; readonly problem: Problem }[] = [];
  const waits = rollouts.map(async (rollout) => {
    try {
      const outcome = await rollout.wait(request, signal);
      if (!('reason' in outcome)) return outcome;
      failed.push({ id: rollout.snapshot, problem: outcome });
    } catch (thrown) {
      // Ended because another one failed: not an outcome of its own.
      if (stop.signal.aborted && thrown === stop.signal.reason) return undefined;
      stop.abort();
      throw thrown;
    }
    stop.abort();
    return undefined;
  });
  const beside = request.companion?.wait(signal).catch((thrown: unknown) => {
    if (stop.signal.aborted && thrown === stop.signal.reason) return;
    stop.abort();
    throw thrown;
  });
  const [outcomes] = await Promise.all([allOrFirstError(waits), beside]).catch(async (thrown: unknown) => {
    // Nothing goes on behind the back of the caller.
    await Promise.allSettled([...waits, beside]);
    throw thrown;
  });
  if (failed.length > 0) throw await foldedError(env, failed, request);
  return outcomes.filter((outcome) => outcome !== undefined);
}

/** The first failure as an error; the others are told with its evidence. */
async function foldedError(
  env: Environment,
  failed: readonly { readonly id: WorkloadId; readonly problem: Problem }[],
  { companion }: DeployRequest,
): Promise<GitkubeError> {
  const explained = Promise.all(failed.map(({ id, problem }) => explain(problem, id, env.patient, env.clock)));
  const [errors, unready = []] = await Promise.all([explained, companion?.unready(failed.map(({ id }) => id))]);
  const [first, ...others] = errors;
  if (!first) return new GitkubeError('Internal', 'a rollout failed without a reason');
  return new GitkubeError(first.reason, first.message, {
    hint: [...new Set(errors.flatMap(({ hint }) => hint))],
    evidence: [...first.evidence, ...others.flatMap(({ message, evidence }) => [message, ...evidence]), ...unready],
  });
}

/** Like Promise.all, but throws only when all have ended: nothing goes on behind the back of the caller. */
async function allOrFirstError<T>(work: readonly Promise<T>[]): Promise<T[]> {
  let first: { readonly thrown: unknown } | undefined;
  const results = await Promise.all(
    work.map((one) =>
      one.catch((thrown: unknown) => {
        first ??= { thrown };
        return undefined;
      }),
    ),
  );
  if (first) throw first.thrown;
  return results as T[];
}

/** An abort as an error of the catalogue: its own reason if it is one. */
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
