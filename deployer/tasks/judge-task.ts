import type { V1Job, V1Pod } from '../../kube/kube.ts';
import { runsOf } from './task-runs.ts';

/** How a task has ended. */
export interface TaskEnd {
  readonly kind: 'succeeded' | 'failed' | 'timed out';
  /** Of the last run of its command; undefined: there was none, or nobody knows it. */
  readonly exitCode?: number | undefined;
  /** `OOMKilled`, `BackoffLimitExceeded`, …; empty: the exit code says all. */
  readonly why: string;
  /** A run of its command was ended by something else than its program: its time, its memory, its node. */
  readonly isKilled?: boolean;
  /** Its Job goes on, and may run it again. */
  readonly isOpen?: boolean;
}

/** What is known of a task: its Job, and the pods of it. */
export interface TaskState {
  readonly job: V1Job;
  /** The oldest first. */
  readonly pods: readonly V1Pod[];
  readonly container: string;
  /** It had all its time, its grace and more, and still runs as far as anybody knows: its node does not answer. */
  readonly isLost?: boolean;
  /** Another container of its last pod goes on after it has failed: its Job waits for that, and tries no more. */
  readonly isHeldUp?: boolean;
}

/**
 * By the container of its pods first, and by the conditions of the Job: another container of the pod, such as the proxy of a mesh,
 * may never end, and the Job with it. A program that exits with 0 because something ends it has not succeeded.
 * @returns undefined: it goes on
 */
export function judgeTask({ job, pods, container, isLost = false, isHeldUp = false }: TaskState): TaskEnd | undefined {
  const runs = pods.flatMap((pod) => runsOf(pod, container));
  const own = runs.filter(({ isEnded }) => !isEnded);
  const isZero = ({ exitCode }: { readonly exitCode: number }) => exitCode === 0;
  const isComplete = condition(job, 'Complete') !== undefined && !runs.some((run) => run.isEnded && isZero(run));
  if (own.some(isZero) || isComplete) return { kind: 'succeeded', exitCode: 0, why: '' };
  const last = own.at(-1);
  const isUnderWay = pods.some((pod) => isRunning(pod, container));
  // A pod that is gone has ended as nobody knows.
  const isUnknown = (job.status?.failed ?? 0) > runs.length || runs.length === 0;
  const isKilled = isUnknown || isUnderWay || runs.some((run) => run.isEnded || run.isKilled);
  const known = { exitCode: last?.exitCode, isKilled };
  if (isLost) return { kind: 'timed out', why: 'its node does not report its end', ...known };
  const failed = failureOf(job, !isUnderWay);
  if (failed?.reason === 'DeadlineExceeded') return { kind: 'timed out', why: '', ...known, isKilled: true };
  const isOver = failed !== undefined || condition(job, 'Complete') !== undefined;
  const isLast = own.length > (job.spec?.backoffLimit ?? 0);
  if (!isOver && !isLast && !(isHeldUp && last)) return undefined;
  const why = whyOf(last?.reason, failed?.reason);
  return { kind: 'failed', why, ...known, ...(!isOver && !isLast && { isOpen: true }) };
}

/**
 * While its pods are in their grace, what comes next must not run beside them: since Kubernetes 1.31 `Failed` waits for their end,
 * and before, neither did.
 */
function failureOf(job: V1Job, isOver: boolean) {
  return isOver ? (condition(job, 'Failed') ?? condition(job, 'FailureTarget')) : undefined;
}

export function isRunning(pod: V1Pod, container: string): boolean {
  return pod.status?.containerStatuses?.find(({ name }) => name === container)?.state?.running !== undefined;
}

function condition(job: V1Job, type: string) {
  return job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
}

function whyOf(ended: string | undefined, failed: string | undefined): string {
  if (ended !== undefined) return ended === 'Error' || ended === 'Completed' ? '' : ended;
  return failed ?? '';
}
