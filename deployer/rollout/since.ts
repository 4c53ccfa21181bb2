import type { Clock } from '../../base/clock.ts';
import type { V1Pod } from '../../kube/kube.ts';
import type { Blocker, RolloutEvaluation } from '../evaluate/rollout-evaluator.ts';
import type { Trial } from '../evaluate/trials.ts';
import type { Problem } from '../pods/pod-problems.ts';

/** What the states so far come to. */
export interface Next {
  /** It is complete, and is believed. */
  readonly holds: boolean;
  /** What ends the wait. */
  readonly problem?: Problem;
  /** Pods that are to be deleted now. */
  readonly due: readonly V1Pod[];
  /** When to look again although nothing happened. */
  readonly dueAt: number;
}

export interface OpenTrial extends Trial {
  readonly dueAt: number;
}

/** Remembers how long a state has lasted. */
export class Since {
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
    const holds = this.#clock.monotonic() >= dueAt;
    return { holds, due: [], dueAt: holds ? Number.POSITIVE_INFINITY : dueAt };
  }

  problems(evaluation: Extract<RolloutEvaluation, { kind: 'waiting' }> | undefined): Next {
    this.#completeAt = undefined;
    const problems = evaluation?.problems ?? [];
    const now = this.#clock.monotonic();
    this.#problemsAt = new Map(problems.map(({ key }) => [key, this.#problemsAt.get(key) ?? now]));
    const due = problems.map((problem) => ({
      problem,
      at: (this.#problemsAt.get(problem.key) ?? now) + problem.graceMs,
    }));
    const over = due.find(({ at }) => at <= now);
    if (over) return { holds: false, problem: over.problem, due: [], dueAt: now };
    const blocked = this.#blocked(evaluation?.inTheWay ?? [], now);
    return { holds: false, due: blocked.due, dueAt: Math.min(blocked.dueAt, ...due.map(({ at }) => at)) };
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
