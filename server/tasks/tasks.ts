import { randomBytes } from 'node:crypto';
import type { Emitter } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { sayWhile } from '../../base/say-while.ts';
import { duration } from '../../base/text.ts';
import { JobDeleted, TaskNotStarted, type TaskOutcome, waitForTask } from '../../deployer/index.ts';
import type { JobRef, Kube, V1Job } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';
import type { Repositories } from '../git/repositories.ts';
import { endTask } from './end-task.ts';
import { EndUnknown, mayRunOn, notCreated, notUndone, ofTask, unfinished, unlessForbidden } from './end-unknown.ts';
import { newPodsLeft } from './new-pods.ts';
import { sweepTasks } from './sweep-tasks.ts';
import type { TaskEvent } from './task-events.ts';
import { begunTooLate, jobDeleted, notStarted, taskFailed } from './task-failure.ts';
import { deployLabel, ownerOf, type ReadyTask, readyTask, type TaskOrder } from './task-order.ts';
import { TaskReports } from './task-reports.ts';
import { workloadOf } from './task-surroundings.ts';
import type { AwaitedOutcome, BegunMigration, UndoParts, WaitWords } from './undo-migrations.ts';

/** How often is said that a migration of an earlier deploy is waited for. */
const sayEveryMs = 10_000;
/** An API server that has just started refuses what it allows a moment later. */
const refusedMs = 30_000;
const askAgainMs = 2000;

export interface TasksParts {
  readonly kube: Kube;
  /** Whether the operator allows it: to create Jobs takes rights that the server does not need for anything else. */
  readonly enabled: boolean;
  readonly events: Emitter<TaskEvent>;
  /** Keep what migrations have left. */
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the server has to end: a migration goes on without it, and the next server waits for its end. */
  readonly stopWaiting: AbortSignal;
}

export interface TaskRun {
  readonly say: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Somebody has asked for it, and for nothing else. */
  readonly alone?: boolean | undefined;
  /** Called when its Job is there. */
  readonly created?: ((uid: string) => Promise<void>) | undefined;
}

/** What became of a task that has succeeded. */
export interface TaskDone {
  readonly ms: number;
}

/** Runs the tasks of deploys, as Jobs. */
export class Tasks implements UndoParts {
  readonly enabled: boolean;
  readonly reports: TaskReports;
  readonly #parts: TasksParts;
  /** Of this process: the tests of another one have nobody who waits for them. */
  readonly #instance = randomBytes(4).toString('hex');

  constructor(parts: TasksParts) {
    this.#parts = parts;
    this.enabled = parts.enabled;
    this.reports = new TaskReports(parts);
  }

  /** @throws WorkloadNotFound; RemoteInvalid; ClusterForbidden, ClusterUnavailable */
  prepare(order: Omit<TaskOrder, 'instance'>): Promise<ReadyTask> {
    return this.#retried(() => readyTask(this.#parts.kube, { ...order, instance: this.#instance }));
  }

  /**
   * Resolves when it has succeeded. Its Job is deleted when the signal aborts, and kept when it fails.
   * @throws TaskFailed, TaskTimeout; what keeps it from running; the reason of the signal; EndUnknown of a migration
   */
  async run({ task, ref, job }: ReadyTask, run: TaskRun): Promise<TaskDone> {
    const { clock } = this.#parts;
    const startedAt = clock.monotonic();
    const ended = this.reports.begin(ownerOf(ref, job), task);
    const outcome = await this.#outcome(task, ref, job, run).catch((thrown) => {
      if (!(thrown instanceof EndUnknown))
        ended({ state: 'Failed', message: asGitkubeError(thrown).message, isCancelled: run.signal.aborted });
      throw thrown;
    });
    const ms = clock.monotonic() - startedAt;
    const { kind, exitCode } = outcome;
    if (kind !== 'succeeded') {
      const error = taskFailed(task, ref, outcome, { ms, alone: run.alone });
      ended({ state: kind === 'failed' ? 'Failed' : 'TimedOut', exitCode, message: error.message });
      throw error;
    }
    ended({ state: 'Succeeded', exitCode });
    run.say(`${task.name}: succeeded in ${duration(ms)}`);
    return { ms };
  }

  /** One that is gone is no error; what fails is logged: it is deleted days after its end. */
  async delete(ref: JobRef): Promise<void> {
    const { kube } = this.#parts;
    try {
      const found = await this.#retried(() => kube.getJob(ref));
      if (found) await this.#retried(() => kube.deleteJob(ref, found.metadata?.uid ?? ''));
    } catch (thrown) {
      this.#notEnded(ref)(thrown);
    }
  }

  async find(ref: JobRef): Promise<V1Job | undefined> {
    const { kube, clock, stopWaiting } = this.#parts;
    for (const giveUpAt = clock.monotonic() + refusedMs; ; await clock.delay(askAgainMs)) {
      if (stopWaiting.aborted) throw notUndone();
      try {
        return await this.#retried(() => kube.getJob(ref));
      } catch (thrown) {
        const isRefused = asGitkubeError(thrown).reason === 'ClusterForbidden';
        if (!isRefused || clock.monotonic() >= giveUpAt) throw thrown;
      }
    }
  }

  async newPodsLeft(begun: readonly BegunMigration[], { say, signal: over }: WaitWords): Promise<readonly string[]> {
    const { stopWaiting, clock } = this.#parts;
    const signal = over ? AbortSignal.any([over, stopWaiting]) : stopWaiting;
    const line = (seconds: number) => `waiting for the pods of the new version to end, for ${seconds} s so far`;
    const left = newPodsLeft(this.#parts, begun, signal).catch((thrown) => {
      throw stopWaiting.aborted ? notUndone() : thrown;
    });
    return await sayWhile(left, { clock, say, line, everyMs: sayEveryMs });
  }

  async create(ref: JobRef, job: V1Job): Promise<V1Job> {
    const created = await this.#retried(() => this.#parts.kube.createJob(ref, job));
    const deployOf = ({ metadata }: V1Job) => metadata?.labels?.[deployLabel];
    if (deployOf(created) === deployOf(job)) return created;
    throw new GitkubeError('ObjectRefused', `Job ${ref.name} exists and is not of this deploy`);
  }

  async await(migration: BegunMigration, ref: JobRef, job: V1Job, words: WaitWords): Promise<AwaitedOutcome> {
    const { stopWaiting, clock } = this.#parts;
    const { name, workload } = migration;
    const { say, print = say, signal: over } = words;
    const tell = (line: string) => print(`${name}: ${line}`);
    const of = { kind: workload.kind, namespace: ref.namespace, name: workload.name };
    const options = { ref, job, container: workload.container, workload: of, onLine: tell, say: tell };
    try {
      const signal = over ? AbortSignal.any([stopWaiting, over]) : stopWaiting;
      const wait = { ...options, beginSeconds: beginSecondsOf(job), signal };
      const line = (seconds: number) =>
        `waiting for the end of task ${name} (Job ${ref.name}), for ${seconds} s so far`;
      const ended = waitForTask(this.#parts, wait).then((outcome) =>
        this.#endOpen(ref, job, outcome, this.#notEnded(ref)),
      );
      return await sayWhile(ended, { clock, say, line, everyMs: sayEveryMs });
    } catch (thrown) {
      if (stopWaiting.aborted) throw unfinished(name);
      over?.throwIfAborted();
      const { reason } = asGitkubeError(thrown);
      const cannotStart = thrown instanceof TaskNotStarted;
      // It was deleted, or nobody may look at it any more: another try would not help.
      if (!cannotStart && !(thrown instanceof JobDeleted) && reason !== 'ClusterForbidden') throw thrown;
      // It must not begin later, nor beside what comes next.
      const hasBegun =
        cannotStart && (await endTask(this.#parts, ref, job).catch(unlessForbidden(this.#notEnded(ref))));
      const isUnstarted = cannotStart && hasBegun !== true;
      const { message, evidence } = cannotStart ? thrown.cause : asGitkubeError(thrown);
      return { kind: 'failed', why: message, lines: evidence, isKilled: !isUnstarted, isUnstarted };
    }
  }

  /** Deletes tests and checks that another server has left behind. Never rejects. @param remotes those that this server serves */
  sweep(remotes: readonly Pick<Remote, 'namespace' | 'uid'>[]): Promise<void> {
    return sweepTasks(this.#parts, this.#instance, remotes);
  }

  async #outcome(task: Task, ref: JobRef, job: V1Job, run: TaskRun): Promise<TaskOutcome> {
    try {
      const created = await this.create(ref, job).catch(notCreated(task));
      await run.created?.(created.metadata?.uid ?? '');
      return await this.#wait(task, ref, created, run);
    } catch (thrown) {
      if (thrown instanceof EndUnknown) throw thrown;
      const { stopWaiting } = this.#parts;
      const mayRun = task.stage === 'Migrate' && !(thrown instanceof TaskNotStarted) && !run.signal.aborted;
      if (mayRun) throw new EndUnknown(stopWaiting.aborted ? unfinished(task.name) : ofTask(task, thrown));
      const hasBegun = await this.#endUnwanted(task, ref, job);
      run.signal.throwIfAborted();
      if (thrown instanceof JobDeleted) throw jobDeleted(task, thrown);
      const why = thrown instanceof TaskNotStarted ? thrown.cause : asGitkubeError(thrown);
      throw hasBegun ? begunTooLate(task, why) : notStarted(task, why);
    }
  }

  /** What has not begun, or has nobody who waits for it, is not to begin later. @returns whether it has begun all the same */
  async #endUnwanted(task: Task, ref: JobRef, job: V1Job): Promise<boolean> {
    if (task.stage === 'Migrate') return await endTask(this.#parts, ref, job).catch(mayRunOn(task));
    // A check runs the new version: what is undone next must not be undone under it.
    if (task.stage === 'Verify') await endTask(this.#parts, ref, job).catch(this.#notEnded(ref));
    else await this.delete(ref);
    return false;
  }

  #wait(task: Task, ref: JobRef, job: V1Job, run: TaskRun): Promise<TaskOutcome> {
    const workload = workloadOf(task, ref.namespace);
    const tell = (line: string) => run.say(`${task.name}: ${line}`);
    const signal = AbortSignal.any([run.signal, this.#parts.stopWaiting]);
    const options = { ref, job, container: workload.container, workload, onLine: tell, say: tell, signal };
    const ended = waitForTask(this.#parts, { ...options, beginSeconds: beginSecondsOf(job) });
    const notEnded = task.stage === 'Migrate' ? mayRunOn(task) : this.#notEnded(ref);
    return ended.then((outcome) => this.#endOpen(ref, job, outcome, notEnded));
  }

  /** A Job that would run it again later would do so beside what comes next. */
  async #endOpen(
    ref: JobRef,
    job: V1Job,
    outcome: TaskOutcome,
    notEnded: (thrown: unknown) => void,
  ): Promise<TaskOutcome> {
    if (outcome.isOpen) await endTask(this.#parts, ref, job).catch(notEnded);
    return outcome;
  }

  #notEnded({ namespace, name }: JobRef) {
    return (thrown: unknown): void =>
      this.#parts.log.warn({ err: asGitkubeError(thrown), job: `${namespace}/${name}` }, 'the Job of a task is left');
  }

  /** A Job has the same name each time: one whose answer was lost is found again. */
  #retried<T>(call: () => Promise<T>): Promise<T> {
    return retryCall(this.#parts, call);
  }
}

/** A Job that is suspended, or that no controller sees, has no deadline of its own. */
function beginSecondsOf({ spec }: V1Job): number {
  return (spec?.activeDeadlineSeconds ?? 0) + 60;
}
