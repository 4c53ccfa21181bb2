import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type DeployerOptions, makeEnvironment, under } from '../environment.ts';
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
  const { kube, clock, patient, settleMs } = under(makeEnvironment(options), wait.signal);
  const workload = await patient.getWorkload(id);
  if (!workload) throw new GitkubeError('WorkloadNotFound', `there is no ${inWords(id)}`);
  const images = Object.fromEntries([...containersOf(workload)].map(([name, { image }]) => [name, image]));
  const restartsBefore = restartsOf(await patient.listPods(id.namespace, podSelector(workload)));
  await using view = new RolloutView(kube, id.namespace, workload);
  const goal = {
    ...id,
    uid: workload.metadata?.uid ?? '',
    images,
    until: 'complete' as const,
    puttingBack: false,
    restartsBefore,
    since: sinceOf(workload),
  };
  const problem = await waitRollout(view, goal, {
    clock,
    settleMs,
    timeoutSeconds: wait.timeoutSeconds,
    signal: wait.signal,
    onLine: wait.say,
    lastLook: () => patient.getWorkload(id),
    removePod: async () => undefined,
  });
  if (problem === undefined) return;
  throw new GitkubeError(problem.reason, `${inWords(id)}: ${plain(problem.message)}`, {
    evidence: await evidenceOf(problem, id.namespace, patient, clock),
    ...(problem.hint ? { hint: problem.hint } : {}),
  });
}
