import { again } from '../../base/again.ts';
import { namingWorkload } from '../../base/edit-workload.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import type { DeployerDeps } from '../deps.ts';
import { whenUnscheduled, withinQuota } from '../pods/advice.ts';
import { explain } from '../pods/explain.ts';
import { mountProblems } from '../pods/not-started.ts';
import { podProblems } from '../pods/pod-problems.ts';
import { podWaitsFor } from '../pods/pod-state.ts';
import { whyUnschedulable } from '../pods/pods.ts';
import { ProgressDebouncer } from '../rollout/progress-debouncer.ts';
import { Since } from '../rollout/since.ts';
import type { TaskEnd } from './judge-task.ts';
import type { TaskWaitOptions } from './task-wait.ts';

/** Its command has not begun, and does not. */
export class TaskNotStarted extends Error {
  override readonly cause: GitkubeError;

  constructor(cause: GitkubeError) {
    super(cause.message, { cause });
    this.cause = cause;
  }
}

/** What keeps it from running is asked for again after this time, and nothing is said before. */
const lookAgainMs = 3000;
/** A Job whose pod is refused has that long for another try of its controller. */
const refusedMs = 15_000;

/** What a task waits for before its command runs. */
export class TaskStart {
  readonly #deps: DeployerDeps;
  readonly #options: TaskWaitOptions;
  readonly #since: Since;
  readonly #debouncer: ProgressDebouncer;
  readonly #startedAt: number;
  /** The last pod that has not begun it, and what it waited for. */
  #last: { readonly pod: V1Pod; readonly line: string } | undefined;

  constructor(deps: DeployerDeps, options: TaskWaitOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#since = new Since(deps.clock);
    this.#debouncer = new ProgressDebouncer(deps.clock);
    this.#startedAt = deps.clock.monotonic();
  }

  /**
   * @param pods that have not begun it
   * @returns when to look again. @throws TaskNotStarted with what keeps it from running
   */
  async look(pods: readonly V1Pod[], jobUid: string): Promise<number> {
    const { clock, retryingKube } = this.#deps;
    const { workload, say, beginSeconds } = this.#options;
    const sinceMs = clock.monotonic() - this.#startedAt;
    const isLate = sinceMs >= lookAgainMs;
    const pod = pods.at(-1);
    const events = isLate ? await this.#events(pod?.metadata?.uid ?? jobUid) : [];
    if (!pod && sinceMs >= refusedMs) this.#throwRefused(events);
    if (pod) this.#last = { pod, line: podWaitsFor(pod, events) };
    if (sinceMs >= beginSeconds * 1000) throw this.#tooLate(beginSeconds);
    const problems = pod ? [...podProblems([pod], new Map()), ...mountProblems([pod], events)] : [];
    const next = this.#since.problems({ kind: 'waiting', line: '', problems });
    if (next.problem) throw new TaskNotStarted(await explain(next.problem, workload, retryingKube, clock));
    const line = isLate && this.#last && pod ? this.#debouncer.offer(this.#last.line) : {};
    if (line.say !== undefined) say(line.say);
    return Math.min(next.dueAt, line.dueAt ?? clock.monotonic() + lookAgainMs);
  }

  /** Its Job has ended before its command has begun: its time went by, or its pod was deleted. */
  failed({ kind, why }: TaskEnd): TaskNotStarted {
    if (kind === 'timed out') return this.#tooLate(this.#options.job.spec?.activeDeadlineSeconds ?? 0);
    const message = `its pod has ended before it began${why === '' ? '' : ` (${why})`}`;
    return new TaskNotStarted(new GitkubeError('TaskFailed', message, { hint: `${again}: this may pass` }));
  }

  /** For a Job that has ended and never had a pod. @throws TaskNotStarted when its pod was refused */
  async throwIfRefused(jobUid: string): Promise<void> {
    this.#throwRefused(await this.#events(jobUid));
  }

  #tooLate(seconds: number): TaskNotStarted {
    const why = this.#last?.line ?? 'its Job has no pod';
    const message = `it did not begin within ${seconds} s: ${why}`;
    return new TaskNotStarted(new GitkubeError('TaskTimeout', message, { hint: this.#adviceWhenLate() }));
  }

  #adviceWhenLate(): readonly string[] {
    const pod = this.#last?.pod;
    const unschedulable = pod && whyUnschedulable(pod);
    const more = 'set a larger timeoutSeconds of the task if it only needs more time';
    if (unschedulable === undefined) return [more];
    const { workload, ref } = this.#options;
    const hints = whenUnscheduled({ message: unschedulable, pod }, ref.namespace);
    return [...hints.map((hint) => namingWorkload(hint, workload)), more];
  }

  /** A quota, or an admission policy, that keeps the controller of Jobs from creating a pod. */
  #throwRefused(events: readonly KubeEvent[]): void {
    const refused = events.findLast(({ reason }) => reason === 'FailedCreate');
    if (!refused) return;
    const { workload, ref } = this.#options;
    const message = plain(refused.message ?? '', 500);
    const hints = /quota/.test(message) ? withinQuota(message, ref.namespace) : [];
    const hint = hints.map((one) => namingWorkload(one, workload));
    throw new TaskNotStarted(new GitkubeError('RolloutRefused', `its pod is refused: ${message}`, { hint }));
  }

  #events(uid: string): Promise<KubeEvent[]> {
    const { ref, signal } = this.#options;
    return untilAborted(this.#deps.retryingKube.listEvents(ref.namespace, uid), signal);
  }
}
