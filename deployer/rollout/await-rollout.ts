import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type DeployerOptions, makeDeps, withSignal } from '../deps.ts';
import { evidenceOf } from '../pods/explain.ts';
import { restartsOf } from '../pods/pods.ts';
import { sinceOf } from '../status/workload-status.ts';
import { containersOf } from '../workload/containers.ts';
import { podSelector } from '../workload/selector.ts';
import { inWords, type WorkloadId } from '../workload/workload.ts';
import { RolloutView } from './rollout-view.ts';
import { waitRollout } from './wait-rollout.ts';

export interface AwaitOptions {
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Waits until a workload that somebody else has just applied runs, and changes nothing.
 * @throws what keeps it from running, with events and the last lines of the log
 */
export async function awaitRollout(options: DeployerOptions, id: WorkloadId, wait: AwaitOptions): Promise<void> {
  const { kube, clock, retryingKube, settleMs } = withSignal(makeDeps(options), wait.signal);
  const workload = await retryingKube.getWorkload(id);
  if (!workload) throw new GitkubeError('WorkloadNotFound', `there is no ${inWords(id)}`);
  const images = Object.fromEntries([...containersOf(workload)].map(([name, { image }]) => [name, image]));
  const restartsBefore = restartsOf(await retryingKube.listPods(id.namespace, podSelector(workload)));
  await using view = new RolloutView(kube, id.namespace, workload);
  const target = {
    ...id,
    uid: workload.metadata?.uid ?? '',
    images,
    until: 'complete' as const,
    restoring: false,
    restartsBefore,
    since: sinceOf(workload),
  };
  const problem = await waitRollout(view, target, {
    clock,
    settleMs,
    timeoutSeconds: wait.timeoutSeconds,
    signal: wait.signal,
    onLine: wait.say,
    lastLook: () => retryingKube.getWorkload(id),
    removePod: async () => undefined,
  });
  if (problem === undefined) return;
  throw new GitkubeError(problem.reason, `${inWords(id)}: ${plain(problem.message)}`, {
    evidence: await evidenceOf(problem, id.namespace, retryingKube, clock),
    ...(problem.hint ? { hint: problem.hint } : {}),
  });
}
