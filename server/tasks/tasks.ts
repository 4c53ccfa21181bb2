import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { duration } from '../../base/text.ts';
import { type TaskOutcome, waitForTask } from '../../deployer/index.ts';
import type { JobRef, Kube, V1Job } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';
import { notStarted, taskFailed } from './task-failure.ts';
import { instanceLabel, type ReadyTask, readyTask, stageLabel, type TaskOrder, taskLabel } from './task-order.ts';
import type { BegunMigration, UndoParts } from './undo-migrations.ts';

export interface TasksParts {
  readonly kube: Kube;
  /** Whether the operator allows it: to create Jobs takes rights that the server does not need for anything else. */
  readonly enabled: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the server has to end: a migration goes on without it, and the next server waits for its end. */
  readonly stopWaiting: AbortSignal;
}

export interface TaskRun {
  readonly say: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What became of a task that has succeeded. */
export interface TaskDone {
  readonly ms: number;
}

/** Runs the tasks of deploys, as Jobs. */
export class Tasks implements UndoParts {
  readonly enabled: boolean;
  readonly #parts: TasksParts;
  /** Of this process: the tests of another one have nobody who waits for them. */
  readonly #instance = randomBytes(4).toString('hex');

  constructor(parts: TasksParts) {
    this.#parts = parts;
    this.enabled = parts.enabled;
  }

  /** @throws WorkloadNotFound; ClusterForbidden, ClusterUnavailable */
  prepare(order: Omit<TaskOrder, 'instance'>): Promise<ReadyTask> {
    return readyTask(this.#parts.kube, { ...order, instance: this.#instance });
  }

  /**
   * Resolves when it has succeeded. Its Job is deleted when the signal aborts, and kept when it fails.
   * @throws TaskFailed, TaskTimeout; what keeps it from running; the reason of the signal
   */
  async run({ task, ref, job }: ReadyTask, run: TaskRun): Promise<TaskDone> {
    const { clock } = this.#parts;
    const startedAt = clock.monotonic();
    const created = await this.#create(task, ref, job);
    const outcome = await this.#wait(task, ref, created, run);
    const ms = clock.monotonic() - startedAt;
    if (outcome.kind !== 'succeeded') throw taskFailed(task, ref, outcome, ms);
    run.say(`${task.name}: succeeded in ${duration(ms)}`);
    return { ms };
  }

  /** One that is gone is no error; what fails is logged: it is deleted a day after its end. */
  async delete(ref: JobRef): Promise<void> {
    const { kube, log } = this.#parts;
    try {
      const found = await kube.getJob(ref);
      if (found) await kube.deleteJob(ref, found.metadata?.uid ?? '');
    } catch (thrown) {
      log.warn({ err: asGitkubeError(thrown), job: `${ref.namespace}/${ref.name}` }, 'the Job of a task is left');
    }
  }

  find(ref: JobRef): Promise<V1Job | undefined> {
    return this.#retried(() => this.#parts.kube.getJob(ref));
  }

  create(ref: JobRef, job: V1Job): Promise<V1Job> {
    return this.#retried(() => this.#parts.kube.createJob(ref, job));
  }

  async await(migration: BegunMigration, ref: JobRef, job: V1Job, say: TaskRun['say']): Promise<TaskOutcome> {
    const { stopWaiting } = this.#parts;
    const { name, workload } = migration;
    const tell = (line: string) => say(`${name}: ${line}`);
    const of = { kind: workload.kind, namespace: ref.namespace, name: workload.name };
    const options = { ref, job, container: workload.container, workload: of, onLine: tell, say: tell };
    try {
      return await waitForTask(this.#parts, { ...options, signal: stopWaiting });
    } catch (thrown) {
      if (stopWaiting.aborted) throw unfinished(name);
      const error = asGitkubeError(thrown);
      if (error.kind === 'transient') throw error;
      await this.delete(ref);
      return { kind: 'failed', why: error.message, lines: error.evidence };
    }
  }

  /**
   * Deletes tests and checks that a server has left behind that was killed: nobody waits for their end.
   * @param remotes those that this server serves
   */
  async sweep(remotes: readonly Pick<Remote, 'namespace' | 'uid'>[]): Promise<void> {
    const { kube, log } = this.#parts;
    const uids = new Set(remotes.map(({ uid }) => uid));
    const isOurs = ({ metadata }: V1Job) => metadata?.ownerReferences?.some(({ uid }) => uids.has(uid)) ?? false;
    const selector = `${taskLabel},${stageLabel} in (Test,Verify),${instanceLabel}!=${this.#instance}`;
    for (const namespace of new Set(remotes.map((one) => one.namespace))) {
      try {
        for (const job of (await kube.listJobs(namespace, selector)).filter(isOurs).filter(isUnderWay)) {
          const name = job.metadata?.name ?? '';
          await kube.deleteJob({ namespace, name }, job.metadata?.uid ?? '');
          log.info({ job: `${namespace}/${name}` }, 'deleted the Job of a task that was cut off');
        }
      } catch (error) {
        log.warn({ err: error, namespace }, 'Jobs of tasks could not be looked for');
      }
    }
  }

  async #create(task: Task, ref: JobRef, job: V1Job): Promise<V1Job> {
    return this.create(ref, job).catch((thrown) => {
      throw notStarted(task, thrown);
    });
  }

  async #wait(task: Task, ref: JobRef, job: V1Job, run: TaskRun): Promise<TaskOutcome> {
    const { stopWaiting } = this.#parts;
    const { kind, deployment: name } = task.from;
    const workload = { kind, namespace: ref.namespace, name };
    const tell = (line: string) => run.say(`${task.name}: ${line}`);
    const signal = AbortSignal.any([run.signal, stopWaiting]);
    const options = { ref, job, container: task.from.container, workload, onLine: tell, say: tell, signal };
    try {
      return await waitForTask(this.#parts, options);
    } catch (thrown) {
      if (stopWaiting.aborted && task.stage === 'Migrate') throw unfinished(task.name);
      // What has not begun, or has nobody who waits for it, is not to begin later.
      await this.delete(ref);
      signal.throwIfAborted();
      throw notStarted(task, thrown);
    }
  }

  /** A Job has the same name each time: one whose answer was lost is found again. */
  #retried<T>(call: () => Promise<T>): Promise<T> {
    return retryCall(this.#parts, call);
  }
}

function unfinished(name: string): GitkubeError {
  return new GitkubeError('RestoreUnfinished', `task ${name} still runs`, {
    hint: 'the server waits for its end when it starts again, and before the next push',
  });
}

function isUnderWay({ status }: V1Job): boolean {
  return !status?.conditions?.some(
    ({ type, status: holds }) => ['Complete', 'Failed'].includes(type) && holds === 'True',
  );
}

export function tasksOff(): GitkubeError {
  return new GitkubeError('TasksOff', 'the Remote has tasks, and they are off on this server', {
    hint: 'ask the operator of the server: helm upgrade … --set tasks.enabled=true',
  });
}
