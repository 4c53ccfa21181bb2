import { allOrFirstError } from '../../base/all-or-first-error.ts';
import { CommonEnd, type Party } from '../../base/common-end.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { DeployerDeps } from '../deps.ts';
import { explain } from '../pods/explain.ts';
import type { Problem } from '../pods/pod-problems.ts';
import type { DeployRequest, RolloutResult } from '../types.ts';
import type { WorkloadId } from '../workload/workload.ts';
import type { WorkloadRollout } from './workload-rollout.ts';

interface Failed {
  readonly id: WorkloadId;
  readonly ranBefore: boolean;
  readonly problem: Problem;
}

/**
 * Waits until all rollouts are complete at the same time, and what is beside them works; the first that fails ends the
 * wait for the others.
 */
export async function waitAll(
  deps: DeployerDeps,
  rollouts: readonly WorkloadRollout[],
  request: DeployRequest,
): Promise<RolloutResult[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const failed: Failed[] = [];
  const end = new CommonEnd();
  const parties = rollouts.map((rollout) => [rollout, end.join()] as const);
  const companion = request.companion && ([request.companion, end.join()] as const);
  /** Undefined: it was ended because another one failed, which is not an outcome of its own. */
  const unlessStopped = async <T>(party: Party, wait: (party: Party) => Promise<T>): Promise<T | undefined> => {
    try {
      const outcome = await wait(party);
      party.holds(true);
      return outcome;
    } catch (thrown) {
      if (stop.signal.aborted && thrown === stop.signal.reason) return undefined;
      stop.abort();
      throw thrown;
    }
  };
  const waits = parties.map(([rollout, own]) =>
    unlessStopped(own, async (party) => {
      const outcome = await rollout.wait(request, signal, party);
      if (!('reason' in outcome)) return outcome;
      failed.push({ id: rollout.snapshot, ranBefore: rollout.ranBefore, problem: outcome });
      stop.abort();
      throw stop.signal.reason;
    }),
  );
  const beside = companion && unlessStopped(companion[1], (party) => companion[0].wait(signal, party));
  const [outcomes] = await Promise.all([allOrFirstError(waits), beside]).catch(async (thrown: unknown) => {
    // Nothing goes on behind the back of the caller.
    await Promise.allSettled([...waits, beside]);
    throw thrown;
  });
  if (failed.length > 0) throw await foldedError(deps, failed, request);
  return outcomes.filter((outcome) => outcome !== undefined);
}

/** The first failure as an error; the others are in its evidence. */
async function foldedError(
  deps: DeployerDeps,
  failed: readonly Failed[],
  { companion }: DeployRequest,
): Promise<GitkubeError> {
  const explained = Promise.all(
    failed.map(({ id, ranBefore, problem }) => explain(problem, id, deps.retryingKube, deps.clock, ranBefore)),
  );
  const [errors, unready = []] = await Promise.all([explained, companion?.unready(failed.map(({ id }) => id))]);
  const [first, ...others] = errors;
  if (!first) return new GitkubeError('Internal', 'a rollout failed without a reason');
  return new GitkubeError(first.reason, first.message, {
    hint: [...new Set(errors.flatMap(({ hint }) => hint))],
    said: first.said,
    evidence: [...first.evidence, ...others.flatMap(({ message, evidence }) => [message, ...evidence]), ...unready],
  });
}
