import type { V1Job, V1Pod } from '../../kube/kube.ts';
import type { ContainerStatus } from '../pods/pods.ts';

/** How a task has ended. */
export interface TaskEnd {
  readonly kind: 'succeeded' | 'failed' | 'timed out';
  /** Of the last run of its command; undefined: there was none, or nobody knows it. */
  readonly exitCode?: number | undefined;
  /** `OOMKilled`, `BackoffLimitExceeded`, …; empty: the exit code says all. */
  readonly why: string;
}

/** What is known of a task: its Job, and the pods of it. */
export interface TaskState {
  readonly job: V1Job;
  readonly pods: readonly V1Pod[];
  readonly container: string;
}

/**
 * By the container of its pods first, and by the conditions of the Job: another container of the pod, such as the proxy of a mesh,
 * may never end, and the Job with it.
 * @returns undefined: it goes on
 */
export function judgeTask({ job, pods, container }: TaskState): TaskEnd | undefined {
  const all = pods.flatMap((pod) => endsOf(pod, container));
  const ends = pods.filter((pod) => !isDisrupted(pod)).flatMap((pod) => endsOf(pod, container));
  const last = ends.toSorted((a, b) => timeOf(a.finishedAt) - timeOf(b.finishedAt)).at(-1);
  if (all.some(({ exitCode }) => exitCode === 0) || hasCondition(job, 'Complete')) {
    return { kind: 'succeeded', exitCode: 0, why: '' };
  }
  const isRunning = pods.some((pod) => statusOf(pod, container)?.state?.running);
  // Its pods may still be in their grace: what comes next must not run beside them.
  const failed = condition(job, 'Failed') ?? (isRunning ? undefined : condition(job, 'FailureTarget'));
  if (failed?.reason === 'DeadlineExceeded') return { kind: 'timed out', exitCode: last?.exitCode, why: '' };
  const isLast = ends.filter((one) => !couldNotStart(one.reason)).length > (job.spec?.backoffLimit ?? 0);
  if (!failed && !isLast) return undefined;
  return { kind: 'failed', exitCode: last?.exitCode, why: whyOf(last?.reason, failed?.reason) };
}

function endsOf(pod: V1Pod, container: string) {
  return statusOf(pod, container)?.state?.terminated ?? [];
}

/** A node that is drained is no failure of the command: the Job says what becomes of it. */
function isDisrupted({ status }: V1Pod): boolean {
  return status?.conditions?.some((one) => one.type === 'DisruptionTarget' && one.status === 'True') ?? false;
}

export function statusOf(pod: V1Pod, container: string): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === container);
}

function condition(job: V1Job, type: string) {
  return job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
}

function hasCondition(job: V1Job, type: string): boolean {
  return condition(job, type) !== undefined;
}

/** The command has not run at all. */
function couldNotStart(reason = ''): boolean {
  return ['StartError', 'ContainerCannotRun'].includes(reason);
}

function whyOf(ended: string | undefined, failed: string | undefined): string {
  if (ended !== undefined) return ended === 'Error' ? '' : ended;
  return failed ?? '';
}

function timeOf(time: Date | undefined): number {
  return time?.getTime() ?? 0;
}
