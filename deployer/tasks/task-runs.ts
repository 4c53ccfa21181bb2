import type { V1Pod } from '../../kube/kube.ts';
import type { ContainerStatus } from '../pods/pods.ts';

/** A run of the command of a task that is over. */
export interface TaskRun {
  readonly exitCode: number;
  /** As the kubelet says it: `Error`, `OOMKilled`, … */
  readonly reason: string | undefined;
  /** By a signal, as for its memory. */
  readonly isKilled: boolean;
  /** With its pod: its time was over, its node was drained, or somebody has deleted it. The Job says what becomes of that. */
  readonly isEnded: boolean;
}

/** Of a pod that is never restarted: one, or none. */
export function runsOf(pod: V1Pod, container: string): TaskRun[] {
  const end = statusOf(pod, container)?.state?.terminated;
  if (!end || couldNotStart(end.reason)) return [];
  const { exitCode, reason } = end;
  // By convention codes above 128 are those of signals.
  const isKilled = reason === 'OOMKilled' || reason === 'ContainerStatusUnknown' || (exitCode > 128 && exitCode < 160);
  return [{ exitCode, reason, isKilled, isEnded: wasEnded(pod, end.finishedAt) }];
}

/** Whether its command has begun. @returns undefined: there is no pod to see it by */
export function hasBegun(pods: readonly V1Pod[], container: string): boolean | undefined {
  if (pods.length === 0) return undefined;
  return pods.some((pod) => {
    const state = statusOf(pod, container)?.state;
    return state?.running !== undefined || (state?.terminated !== undefined && !couldNotStart(state.terminated.reason));
  });
}

export function statusOf(pod: V1Pod, container: string): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === container);
}

/** Whether it ended after something else had begun to end its pod. The API has whole seconds: a tie is taken for that, too. */
function wasEnded({ metadata, status }: V1Pod, finishedAt: Date | undefined): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata ?? {};
  const disrupted = status?.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  const begins = [
    ...(deletionTimestamp ? [timeOf(deletionTimestamp) - deletionGracePeriodSeconds * 1000] : []),
    ...(disrupted ? [timeOf(disrupted.lastTransitionTime)] : []),
  ];
  return begins.some((at) => finishedAt === undefined || timeOf(finishedAt) >= at);
}

/** The command has not run at all. */
function couldNotStart(reason = ''): boolean {
  return ['StartError', 'ContainerCannotRun'].includes(reason);
}

function timeOf(time: Date | string | undefined): number {
  return time === undefined ? 0 : new Date(time).getTime();
}
