import type { Clock } from '../../base/clock.ts';
import { onItsOwn, type Party } from '../../base/common-end.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import type { V1Pod, Workload } from '../../kube/kube.ts';
import { outOfTime } from '../evaluate/out-of-time.ts';
import {
  evaluate,
  type RolloutEvaluation,
  type RolloutState,
  type RolloutTarget,
} from '../evaluate/rollout-evaluator.ts';
import type { Problem } from '../pods/pod-problems.ts';
import { FollowedPod } from './followed-pod.ts';
import { ProgressDebouncer } from './progress-debouncer.ts';
import { type Next, type OpenTrial, Since } from './since.ts';

/** What a wait looks at: a RolloutView, or something that stands for one. */
export interface Watched {
  readonly state: RolloutState | undefined;
  readonly healthy: boolean;
  /** From now on `state` has every event of this pod, not its warnings alone. */
  follow(pod: V1Pod): void;
  changed(): Promise<void>;
}

export interface WaitOptions {
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /**
   * How long a container without any probe has to keep running until it is believed, in milliseconds. To Kubernetes it
   * is ready the instant it runs, and one that exits half a second later would count as deployed.
   */
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  /** Called when it is complete: for the first time, or again after a line has said that it is not. */
  readonly onComplete?: (isFirst: boolean) => void;
  /** Unset: the wait ends as soon as the rollout is complete. */
  readonly party?: Party;
  /** The workload as read directly: the last look before the time is over, should the watch hang. */
  readonly lastLook: () => Promise<Workload | undefined>;
  /** Deletes a pod that holds the rollout up. What keeps it from doing so ends the wait. */
  readonly removePod: (pod: V1Pod) => Promise<Problem | undefined>;
}

/**
 * Waits until the rollout is complete, on watch events, and looks on until everything else of the deploy is as well: a
 * container may crash long after it was ready. Resolves to what keeps it from that; rejects when aborted.
 */
export async function waitRollout(
  view: Watched,
  target: RolloutTarget,
  options: WaitOptions,
): Promise<Problem | undefined> {
  const { clock, signal, onLine, party = onItsOwn() } = options;
  const since = new Since(clock);
  const limit = new TimeLimit(clock, options.timeoutSeconds);
  const debouncer = new ProgressDebouncer(clock);
  const followed = new FollowedPod(view, clock);
  for (;;) {
    signal.throwIfAborted();
    const evaluation = view.state && evaluate(view.state, target);
    const trial = options.settleMs === 0 ? undefined : since.trial(evaluation?.trials ?? []);
    const next = nextOf(evaluation, trial, since, options);
    if (next.problem) return next.problem;
    if (next.holds) reportComplete(debouncer, limit, options);
    if (party.holds(next.holds)) return undefined;
    const stuck = await removeDue(next.due, options);
    if (stuck) return stuck;
    if (!next.holds && limit.isOver) {
      const problem = await atDeadline(view, target, options, since, limit);
      if (!problem) reportComplete(debouncer, limit, options);
      return problem;
    }
    const { say, dueAt = never } = next.holds ? {} : debouncer.offer(lineOf(evaluation, trial, options));
    if (say !== undefined) onLine(say);
    const overAt = next.holds ? never : limit.at;
    await wake(view, Math.min(overAt, next.dueAt, dueAt, followed.look(evaluation)), { clock, signal, party });
  }
}

const never = Number.POSITIVE_INFINITY;

function nextOf(
  evaluation: RolloutEvaluation | undefined,
  trial: OpenTrial | undefined,
  since: Since,
  options: WaitOptions,
): Next {
  if (evaluation?.kind !== 'complete') return since.problems(evaluation);
  return since.complete(evaluation.probed ? 0 : options.settleMs, trial);
}

/** The first time, and each time that a line has said the contrary since. */
function reportComplete(debouncer: ProgressDebouncer, limit: TimeLimit, { onComplete }: WaitOptions): void {
  const spoke = debouncer.clear();
  const isFirst = limit.complete();
  if (isFirst || spoke) onComplete?.(isFirst);
}

function lineOf(
  evaluation: RolloutEvaluation | undefined,
  trial: OpenTrial | undefined,
  { settleMs }: WaitOptions,
): string {
  if (evaluation?.kind !== 'complete') return evaluation?.line ?? 'waiting for an answer of the Kubernetes API';
  if (trial) return `runs again, has to keep running for ${Math.round(trial.mustRunMs / 1000)} s: ${trial.words}`;
  return `running; watching ${settleMs / 1000} s more (no readiness probe)`;
}

async function removeDue(pods: readonly V1Pod[], options: WaitOptions): Promise<Problem | undefined> {
  for (const pod of pods) {
    const problem = await options.removePod(pod);
    if (problem) return problem;
  }
  return undefined;
}

/** Looks once more, past the watch, before it calls the time over. */
async function atDeadline(
  view: Watched,
  target: RolloutTarget,
  options: WaitOptions,
  since: Since,
  { words }: TimeLimit,
): Promise<Problem | undefined> {
  const state = view.state ?? { workload: undefined, revisions: [], pods: [], events: [] };
  const workload = await options.lastLook();
  const evaluation = evaluate({ ...state, workload }, target);
  if (evaluation.kind === 'complete') {
    const trial = options.settleMs === 0 ? undefined : since.trial(evaluation.trials ?? []);
    return trial && unproven(trial, words);
  }
  const [problem] = evaluation.problems;
  if (problem) return problem;
  if (!view.healthy) {
    const message = `the Kubernetes API does not report the state of the rollout; last seen: ${evaluation.line}`;
    return { key: 'unhealthy', reason: 'ClusterUnavailable', message, graceMs: 0 };
  }
  return outOfTime(evaluation.line, evaluation.unreadyPod, state.events, words);
}

function unproven({ words, mustRunMs, pod, container }: OpenTrial, limit: string): Problem {
  const message = `not rolled out within ${limit}: ${words}, and has not run for ${Math.round(mustRunMs / 1000)} s since`;
  return {
    key: 'time',
    reason: 'RolloutTimeout',
    message,
    graceMs: 0,
    pod,
    container,
    ended: true,
    moreTimeIf: 'it crashes only once',
  };
}

/** Until something changed, or it is time to look again, or everything is complete. */
async function wake(view: Watched, at: number, { clock, signal, party }: Wake): Promise<void> {
  const awake = new AbortController();
  const timer = clock.delay(Math.max(0, at - clock.monotonic()), AbortSignal.any([signal, awake.signal]));
  try {
    await Promise.race([view.changed(), timer, party.reached]);
  } finally {
    timer.catch(() => {});
    awake.abort();
  }
}

type Wake = Required<Pick<WaitOptions, 'clock' | 'signal' | 'party'>>;
