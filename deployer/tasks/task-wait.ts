import { AsyncSignal } from '../../base/async-signal.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Collection, JobRef, KubeEvent, KubeObject, V1Job, V1Pod, Watch } from '../../kube/kube.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import { type DeployerDeps, type DeployerOptions, makeDeps } from '../deps.ts';
import { explain } from '../pods/explain.ts';
import { mountProblems } from '../pods/not-started.ts';
import { podProblems } from '../pods/pod-problems.ts';
import { podWaitsFor } from '../pods/pod-state.ts';
import { ProgressDebouncer } from '../rollout/progress-debouncer.ts';
import { Since } from '../rollout/since.ts';
import type { WorkloadId } from '../workload/workload.ts';
import { judgeTask, statusOf, type TaskEnd } from './judge-task.ts';
import { TaskLog } from './task-log.ts';

export interface TaskWaitOptions {
  readonly ref: JobRef;
  /** As it was created or found. */
  readonly job: V1Job;
  readonly container: string;
  /** After so long it has to begin: its own deadline ends only what does. */
  readonly beginSeconds: number;
  /** What it is made of, for what the errors advise. */
  readonly workload: WorkloadId;
  /** A line that it has printed. */
  readonly onLine: (line: string) => void;
  /** What it waits for, when that takes longer than usual. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Its command has not begun, and does not. */
export class TaskNotStarted extends Error {
  override readonly cause: GitkubeError;

  constructor(cause: GitkubeError) {
    super(cause.message, { cause });
    this.cause = cause;
  }
}

export type TaskOutcome = TaskEnd & {
  /** Of its log: the last lines. */
  readonly lines: readonly string[];
};

/** What keeps it from running is asked for again after this time, and nothing is said before. */
const lookAgainMs = 3000;
/** A Job whose pod is refused has that long for another try of its controller. */
const refusedMs = 15_000;

/**
 * Waits for the end of a Job, whatever that is, by its pods and its conditions, and reads its log.
 * @throws TaskNotStarted with what keeps it from running, and the events of its pod; Cancelled when somebody deletes it; the
 * reason of the signal
 */
export async function waitForTask(options: DeployerOptions, wait: TaskWaitOptions): Promise<TaskOutcome> {
  await using waiting = new TaskWait(makeDeps(options), wait);
  return await waiting.ended();
}

class TaskWait implements AsyncDisposable {
  readonly #deps: DeployerDeps;
  readonly #options: TaskWaitOptions;
  readonly #changed = new AsyncSignal();
  readonly #over = new AbortController();
  readonly #jobs: Watch<V1Job>;
  readonly #pods: Watch<V1Pod>;
  readonly #log: TaskLog;
  readonly #uid: string;
  /** Whether the watch has listed it. */
  #hasJob = false;
  #refused: GitkubeError | undefined;

  constructor(deps: DeployerDeps, options: TaskWaitOptions) {
    const { namespace, name } = options.ref;
    const { container, onLine, job } = options;
    this.#deps = deps;
    this.#options = options;
    this.#uid = job.metadata?.uid ?? '';
    this.#log = new TaskLog({ kube: deps.kube, clock: deps.clock, namespace, container, onLine });
    this.#jobs = this.#watch({ path: jobsPath(namespace), fieldSelector: `metadata.name=${name}` });
    this.#jobs.synced.then(
      () => {
        this.#hasJob = true;
        this.#changed.notify();
      },
      () => {},
    );
    this.#pods = this.#watch({ path: `/api/v1/namespaces/${namespace}/pods`, labelSelector: `job-name=${name}` });
  }

  async ended(): Promise<TaskOutcome> {
    const { container, signal } = this.#options;
    const waiting = new Waiting(this.#deps, this.#options);
    for (;;) {
      signal.throwIfAborted();
      if (this.#refused) throw this.#refused;
      const pods = this.#own();
      this.#log.see(pods);
      const end = judgeTask({ job: await this.#job(), pods, container });
      if (end) {
        await this.#log.end();
        return { ...end, lines: this.#log.lines };
      }
      const isRunning = pods.some((pod) => statusOf(pod, container)?.state?.running);
      await this.#wake(isRunning ? Number.POSITIVE_INFINITY : await waiting.look(pods, this.#uid));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log.stop();
    this.#over.abort();
    await Promise.all([this.#jobs, this.#pods].map((one) => one[Symbol.asyncDispose]()));
  }

  #watch<T extends KubeObject>(collection: Collection): Watch<T> {
    const notify = () => this.#changed.notify();
    const refused = (error: GitkubeError) => {
      this.#refused = error;
      notify();
    };
    return this.#deps.kube.watch<T>(collection, { upsert: notify, remove: notify, refused }, this.#over.signal);
  }

  /** As it is now. @throws Cancelled when it is gone, or another one */
  async #job(): Promise<V1Job> {
    const { ref, job, signal } = this.#options;
    const isIt = (one: V1Job | undefined) => one !== undefined && one.metadata?.uid === this.#uid;
    const watched = [...this.#jobs.objects.values()].find(isIt);
    if (watched || !this.#hasJob) return watched ?? job;
    const found = await untilAborted(
      retryCall(this.#deps, () => this.#deps.kube.getJob(ref), signal),
      signal,
    );
    if (found && isIt(found)) return found;
    throw new GitkubeError('Cancelled', `Job ${ref.name} was deleted by somebody else`);
  }

  /** One of an earlier Job of the same name has another owner. */
  #own(): V1Pod[] {
    const isOwn = ({ metadata }: V1Pod) => metadata?.ownerReferences?.some(({ uid }) => uid === this.#uid) ?? false;
    return [...this.#pods.objects.values()].filter(isOwn).sort((a, b) => createdAt(a) - createdAt(b));
  }

  async #wake(at: number): Promise<void> {
    const { clock } = this.#deps;
    const awake = new AbortController();
    const timer = clock.delay(Math.max(0, Math.min(at - clock.monotonic(), 60_000)), awake.signal);
    timer.catch(() => {});
    try {
      await untilAborted(Promise.race([this.#changed.wait(), timer]), this.#options.signal);
    } finally {
      awake.abort();
    }
  }
}

/** What a task waits for before its command runs. */
class Waiting {
  readonly #deps: DeployerDeps;
  readonly #options: TaskWaitOptions;
  readonly #since: Since;
  readonly #debouncer: ProgressDebouncer;
  readonly #startedAt: number;

  constructor(deps: DeployerDeps, options: TaskWaitOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#since = new Since(deps.clock);
    this.#debouncer = new ProgressDebouncer(deps.clock);
    this.#startedAt = deps.clock.monotonic();
  }

  /** @returns when to look again. @throws what keeps it from running */
  async look(pods: readonly V1Pod[], jobUid: string): Promise<number> {
    const { clock, retryingKube } = this.#deps;
    const { workload, say } = this.#options;
    const sinceMs = clock.monotonic() - this.#startedAt;
    const isLate = sinceMs >= lookAgainMs;
    const pod = pods.at(-1);
    const events = isLate ? await this.#events(pod?.metadata?.uid ?? jobUid) : [];
    if (!pod && sinceMs >= refusedMs) throwRefused(events);
    if (sinceMs >= this.#options.beginSeconds * 1000) throw this.#tooLate(pod, events);
    const problems = pod ? [...podProblems([pod], new Map()), ...mountProblems([pod], events)] : [];
    const next = this.#since.problems({ kind: 'waiting', line: '', problems });
    if (next.problem) throw new TaskNotStarted(await explain(next.problem, workload, retryingKube, clock));
    const line = isLate && pod ? this.#debouncer.offer(podWaitsFor(pod, events)) : {};
    if (line.say !== undefined) say(line.say);
    return Math.min(next.dueAt, line.dueAt ?? clock.monotonic() + lookAgainMs);
  }

  #tooLate(pod: V1Pod | undefined, events: readonly KubeEvent[]): TaskNotStarted {
    const why = pod ? podWaitsFor(pod, events) : 'its Job has no pod';
    return new TaskNotStarted(
      new GitkubeError('TaskTimeout', `it did not begin within ${this.#options.beginSeconds} s: ${why}`),
    );
  }

  #events(uid: string): Promise<KubeEvent[]> {
    return untilAborted(this.#deps.retryingKube.listEvents(this.#options.ref.namespace, uid), this.#options.signal);
  }
}

/** A quota, or an admission policy, that keeps the controller of Jobs from creating a pod. */
function throwRefused(events: readonly KubeEvent[]): void {
  const refused = events.findLast(({ reason }) => reason === 'FailedCreate');
  if (!refused) return;
  throw new TaskNotStarted(
    new GitkubeError('RolloutRefused', `its pod is refused: ${plain(refused.message ?? '', 500)}`),
  );
}

function createdAt({ metadata }: V1Pod): number {
  return new Date(metadata?.creationTimestamp ?? 0).getTime();
}

function jobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}
