import { again } from '../../base/again.ts';
import { AsyncSignal } from '../../base/async-signal.ts';
import { GitkubeError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Collection, JobRef, KubeObject, V1Job, V1Pod, Watch } from '../../kube/kube.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import { type DeployerDeps, type DeployerOptions, makeDeps } from '../deps.ts';
import type { WorkloadId } from '../workload/workload.ts';
import { isRunning, judgeTask, type TaskEnd } from './judge-task.ts';
import { TaskLog } from './task-log.ts';
import { TaskOvertime } from './task-overtime.ts';
import { hasBegun, runsOf } from './task-runs.ts';
import { TaskNotStarted, TaskStart } from './task-start.ts';

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

export type TaskOutcome = TaskEnd & {
  /** Of its log: the last lines. */
  readonly lines: readonly string[];
};

/** Somebody has deleted the Job while it was waited for: its command is ended, wherever it was. */
export class JobDeleted extends GitkubeError {
  constructor(name: string) {
    super('TaskFailed', `its Job ${name} was deleted by somebody else`, { hint: again });
  }
}

/** The watch shows within that time what a list has shown. */
const startedMs = 60_000;
/** An API server that has just started refuses what it allows a moment later. */
const refusedMs = 30_000;

/**
 * Waits for the end of a Job, whatever that is, by its pods and its conditions, and reads its log.
 * @throws TaskNotStarted with what keeps it from running, and the events of its pod; JobDeleted; the reason of the signal
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
  readonly #start: TaskStart;
  readonly #overtime: TaskOvertime;
  readonly #uid: string;
  /** Whether both watches have listed what is there. */
  #isListed = false;
  #refused: { readonly error: GitkubeError; readonly at: number } | undefined;
  /** False: its last pod that was seen has not begun it. */
  #hasBegun: boolean | undefined;
  /** How often the watch had been opened again by then. */
  #restartsSeen = 0;

  constructor(deps: DeployerDeps, options: TaskWaitOptions) {
    const { namespace, name } = options.ref;
    const { container, onLine, job } = options;
    this.#deps = deps;
    this.#options = options;
    this.#uid = job.metadata?.uid ?? '';
    this.#log = new TaskLog({ kube: deps.kube, clock: deps.clock, namespace, container, onLine });
    this.#start = new TaskStart(deps, options);
    this.#overtime = new TaskOvertime(deps.clock, container);
    this.#jobs = this.#watch({ path: jobsPath(namespace), fieldSelector: `metadata.name=${name}` });
    this.#pods = this.#watch({ path: `/api/v1/namespaces/${namespace}/pods`, labelSelector: this.#ofJob });
    Promise.all([this.#jobs.synced, this.#pods.synced]).then(
      () => {
        this.#isListed = true;
        this.#changed.notify();
      },
      () => {},
    );
  }

  async ended(): Promise<TaskOutcome> {
    for (;;) {
      this.#options.signal.throwIfAborted();
      await this.#heedRefusal();
      // A Job that was found may have failed by then, and only its pods say how.
      const end = this.#isListed ? await this.#judge() : undefined;
      if (end) {
        await this.#log.end();
        return { ...end, lines: this.#log.lines };
      }
      await this.#wake(await this.#lookAgainAt());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log.stop();
    this.#over.abort();
    await Promise.all([this.#jobs, this.#pods].map((one) => one[Symbol.asyncDispose]()));
  }

  get #ofJob(): string {
    return `job-name=${this.#options.ref.name}`;
  }

  #watch<T extends KubeObject>(collection: Collection): Watch<T> {
    const notify = () => {
      this.#refused = undefined;
      this.#changed.notify();
    };
    const refused = (error: GitkubeError) => {
      this.#refused ??= { error, at: this.#deps.clock.monotonic() };
      this.#changed.notify();
    };
    return this.#deps.kube.watch<T>(collection, { upsert: notify, remove: notify, refused }, this.#over.signal);
  }

  /** @returns undefined: it goes on, or waits. @throws TaskNotStarted when its Job has ended before its command began */
  async #judge(): Promise<TaskEnd | undefined> {
    const { container } = this.#options;
    const job = await this.#job();
    // The watch of pods may be behind that of Jobs.
    const pods = hasFailed(job) ? await this.#ownNow() : this.#own([...this.#pods.objects.values()]);
    this.#see(pods);
    const state = { job, pods, container };
    const end = judgeTask({ ...state, ...this.#overtime.look(state) });
    if (!end || end.kind === 'succeeded') return end;
    const now = pods.some((pod) => runsOf(pod, container).length > 0) ? pods : await this.#ownNow();
    this.#see(now);
    if (this.#hasBegun === undefined && (state.job.status?.failed ?? 0) === 0)
      await this.#start.throwIfRefused(this.#uid);
    // A watch that was opened again may have missed the pod that has.
    if (this.#hasBegun === false && this.#pods.restarts === this.#restartsSeen) throw this.#start.failed(end);
    return judgeTask({ ...state, pods: now, ...this.#overtime.look({ ...state, pods: now }) });
  }

  #see(pods: readonly V1Pod[]): void {
    this.#log.see(pods);
    if (this.#hasBegun === true || pods.length === 0) return;
    this.#hasBegun = hasBegun(pods, this.#options.container);
    this.#restartsSeen = this.#pods.restarts;
  }

  /** @throws TaskNotStarted */
  async #lookAgainAt(): Promise<number> {
    const { container } = this.#options;
    const pods = this.#own([...this.#pods.objects.values()]);
    if (pods.some((pod) => isRunning(pod, container))) return this.#overtime.endsAt(pods);
    try {
      const waiting = pods.filter((pod) => runsOf(pod, container).length === 0);
      return await this.#start.look(waiting, this.#uid);
    } catch (thrown) {
      if (!(thrown instanceof TaskNotStarted)) throw thrown;
      // It is about to be deleted, and the watch may be behind.
      if (hasBegun(await this.#ownNow(), container) !== true) throw thrown;
      this.#hasBegun = true;
      return this.#deps.clock.monotonic() + startedMs;
    }
  }

  /** A right that is missing for a moment is none: the watch tries again. @throws ClusterForbidden */
  async #heedRefusal(): Promise<void> {
    if (!this.#refused) return;
    const { error, at } = this.#refused;
    if (this.#deps.clock.monotonic() - at < refusedMs) return;
    await this.#found();
    if (!this.#isListed) throw error;
  }

  /** As it is now. @throws JobDeleted when it is gone, or another one */
  async #job(): Promise<V1Job> {
    const watched = this.#refused ? undefined : [...this.#jobs.objects.values()].find(this.#isIt);
    const found = watched ?? (await this.#found());
    if (found && this.#isIt(found)) return found;
    throw new JobDeleted(this.#options.ref.name);
  }

  #isIt = ({ metadata }: V1Job) => metadata?.uid === this.#uid;

  #found(): Promise<V1Job | undefined> {
    const { ref, signal } = this.#options;
    return untilAborted(
      retryCall(this.#deps, () => this.#deps.kube.getJob(ref), signal),
      signal,
    );
  }

  async #ownNow(): Promise<readonly V1Pod[]> {
    const { ref, signal } = this.#options;
    const { retryingKube } = this.#deps;
    return this.#own(await untilAborted(retryingKube.listPods(ref.namespace, this.#ofJob), signal));
  }

  /** One of an earlier Job of the same name has another owner. @returns the oldest first */
  #own(pods: readonly V1Pod[]): readonly V1Pod[] {
    const isOwn = ({ metadata }: V1Pod) => metadata?.ownerReferences?.some(({ uid }) => uid === this.#uid) ?? false;
    return pods.filter(isOwn).sort((a, b) => createdAt(a) - createdAt(b));
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

function hasFailed({ status }: V1Job): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Failed' && is === 'True') ?? false;
}

function createdAt({ metadata }: V1Pod): number {
  return new Date(metadata?.creationTimestamp ?? 0).getTime();
}

function jobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}
