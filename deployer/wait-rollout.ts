import type { Clock } from '../base/clock.ts';
import type { V1Pod, Workload } from '../kube/kube.ts';
import { FollowedPod } from './followed-pod.ts';
import { type Blocker, type Goal, judge, type Sight, type Verdict } from './judge.ts';
import { LineGate } from './line-gate.ts';
import { outOfTime } from './out-of-time.ts';
import type { Problem } from './pod-problems.ts';
import type { Trial } from './trials.ts';

/** What a wait looks at: a RolloutView, or something that stands for one. */
export interface Watched {
  readonly sight: Sight | undefined;
  readonly healthy: boolean;
  /** From now on `sight` has every event of this pod, not its warnings alone. */
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
  /** The workload as read directly: the last look before the time is over, should the watch hang. */
  readonly lastLook: () => Promise<Workload | undefined>;
  /** Deletes a pod that holds the rollout up. What keeps it from doing so ends the wait. */
  readonly removePod: (pod: V1Pod) => Promise<Problem | undefined>;
}

/** Waits until the rollout is complete, on watch events. Resolves to what ended it otherwise; rejects when aborted. */
export async function waitRollout(view: Watched, goal: Goal, options: WaitOptions): Promise<Problem | undefined> {
  const { clock, signal, onLine } = options;
  const deadline = clock.monotonic() + options.timeoutSeconds * 1000;
  const since = new Since(clock);
  const gate = new LineGate(clock);
  const followed = new FollowedPod(view, clock);
  for (;;) {
    signal.throwIfAborted();
    const verdict = view.sight && judge(view.sight, goal);
    const trial = options.settleMs === 0 ? undefined : since.trial(verdict?.trials ?? []);
    const settleMs = verdict?.kind === 'complete' && verdict.trusted ? 0 : options.settleMs;
    const next = verdict?.kind === 'complete' ? since.complete(settleMs, trial) : since.problems(verdict);
    if (next.ended) return next.problem;
    const stuck = await removeDue(next.due, options);
    if (stuck) return stuck;
    if (clock.monotonic() >= deadline) return atDeadline(view, goal, options, since);
    const { say, dueAt = deadline } = gate.offer(lineOf(verdict, trial, options));
    if (say !== undefined) onLine(say);
    await wake(view, clock, Math.min(deadline, next.dueAt, dueAt, followed.look(verdict)), signal);
  }
}

function lineOf(verdict: Verdict | undefined, trial: OpenTrial | undefined, { settleMs }: WaitOptions): string {
  if (verdict?.kind !== 'complete') return verdict?.line ?? 'waiting for an answer of the Kubernetes API';
  if (trial) return `runs again, has to keep running for ${Math.round(trial.mustRunMs / 1000)} s: ${trial.words}`;
  return `runs, is watched for ${settleMs / 1000} s more as it has no readiness probe`;
}

async function removeDue(pods: readonly V1Pod[], options: WaitOptions): Promise<Problem | undefined> {
  for (const pod of pods) {
    const problem = await options.removePod(pod);
    if (problem) return problem;
  }
  return undefined;
}

interface Next {
  readonly ended: boolean;
  readonly problem?: Problem;
  /** Pods that are to be deleted now. */
  readonly due: readonly V1Pod[];
  /** When to look again although nothing happened. */
  readonly dueAt: number;
}

interface OpenTrial extends Trial {
  readonly dueAt: number;
}

/** Remembers how long a state has lasted. */
class Since {
  readonly #clock: Clock;
  #completeAt: number | undefined;
  #problemsAt = new Map<string, number>();
  readonly #inTheWayAt = new Map<string, number>();
  readonly #removed = new Set<string>();
  #trialsAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one that ends last of those that are not over. */
  trial(trials: readonly Trial[]): OpenTrial | undefined {
    const now = this.#clock.monotonic();
    this.#trialsAt = new Map(trials.map(({ key }) => [key, this.#trialsAt.get(key) ?? now]));
    const all = trials.map((trial) => ({ ...trial, dueAt: (this.#trialsAt.get(trial.key) ?? now) + trial.mustRunMs }));
    return all.sort((a, b) => b.dueAt - a.dueAt).find(({ dueAt }) => dueAt > now);
  }

  complete(settleMs: number, trial: OpenTrial | undefined): Next {
    this.#problemsAt.clear();
    this.#completeAt ??= this.#clock.monotonic();
    const dueAt = Math.max(this.#completeAt + settleMs, trial?.dueAt ?? 0);
    return { ended: this.#clock.monotonic() >= dueAt, due: [], dueAt };
  }

  problems(verdict: Extract<Verdict, { kind: 'waiting' }> | undefined): Next {
    this.#completeAt = undefined;
    const problems = verdict?.problems ?? [];
    const now = this.#clock.monotonic();
    this.#problemsAt = new Map(problems.map(({ key }) => [key, this.#problemsAt.get(key) ?? now]));
    const due = problems.map((problem) => ({
      problem,
      at: (this.#problemsAt.get(problem.key) ?? now) + problem.graceMs,
    }));
    const over = due.find(({ at }) => at <= now);
    if (over) return { ended: true, problem: over.problem, due: [], dueAt: now };
    const blocked = this.#blocked(verdict?.inTheWay ?? [], now);
    return { ended: false, due: blocked.due, dueAt: Math.min(blocked.dueAt, ...due.map(({ at }) => at)) };
  }

  /** Each pod is deleted once. */
  #blocked(blockers: readonly Blocker[], now: number): { readonly due: readonly V1Pod[]; readonly dueAt: number } {
    const open = blockers.flatMap(({ pod, graceMs }) => {
      const uid = pod.metadata?.uid ?? '';
      if (this.#removed.has(uid)) return [];
      const since = this.#inTheWayAt.get(uid) ?? now;
      this.#inTheWayAt.set(uid, since);
      return [{ pod, uid, at: since + graceMs }];
    });
    const due = open.filter(({ at }) => at <= now);
    for (const { uid } of due) this.#removed.add(uid);
    const later = open.filter(({ at }) => at > now).map(({ at }) => at);
    return { due: due.map(({ pod }) => pod), dueAt: Math.min(Number.POSITIVE_INFINITY, ...later) };
  }
}

/** Looks once more, past the watch, before it calls the time over. */
async function atDeadline(view: Watched, goal: Goal, options: WaitOptions, since: Since): Promise<Problem | undefined> {
  const sight = view.sight ?? { workload: undefined, revisions: [], pods: [], events: [] };
  const workload = await options.lastLook();
  const verdict = judge({ ...sight, workload }, goal);
  if (verdict.kind === 'complete') {
    const trial = options.settleMs === 0 ? undefined : since.trial(verdict.trials ?? []);
    return trial && unproven(trial, `${options.timeoutSeconds} s`);
  }
  const [problem] = verdict.problems;
  if (problem) return problem;
  if (!view.healthy) {
    const message = `the Kubernetes API does not tell how the rollout goes; last seen: ${verdict.line}`;
    return { key: 'unhealthy', reason: 'ClusterUnavailable', message, graceMs: 0 };
  }
  return outOfTime(verdict.line, verdict.late, sight.events, `${options.timeoutSeconds} s`);
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

/** Until something changed, or it is time to look again. */
async function wake(view: Watched, clock: Clock, at: number, signal: AbortSignal): Promise<void> {
  const awake = new AbortController();
  const timer = clock.delay(Math.max(0, at - clock.monotonic()), AbortSignal.any([signal, awake.signal]));
  try {
    await Promise.race([view.changed(), timer]);
  } finally {
    timer.catch(() => {});
    awake.abort();
  }
}
