import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { containersOf } from './containers.ts';
import { type DeployerOptions, makeEnvironment, under } from './environment.ts';
import { evidenceOf } from './explain.ts';
import { restartsOf } from './pods.ts';
import { RolloutView } from './rollout-view.ts';
import { podSelector } from './selector.ts';
import { waitRollout } from './wait-rollout.ts';
import { inWords, type WorkloadId } from './workload.ts';
import { sinceOf } from './workload-status.ts';

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
