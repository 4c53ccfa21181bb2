import type { V1Pod } from '../../kube/index.ts';

/** One run of a container: a restart is another one. */
export interface Run {
  /** Of this run, in the whole cluster. */
  readonly key: string;
  readonly pod: string;
  readonly container: string;
  /** How it ended, for people; undefined: it runs. */
  readonly ended: string | undefined;
  /** There is an earlier one, of which the log is kept. */
  readonly hasPrevious: boolean;
}

/** The runs of a pod that have a log, init containers first. @param only containers of this name */
export function runsOf(pod: V1Pod, only?: string): Run[] {
  const { name = '', uid = '' } = pod.metadata ?? {};
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].flatMap((status) => {
    const { state, lastState, restartCount, containerID = `${restartCount}` } = status;
    // One that waits has the log of its last run, which is this one as long as no other has begun.
    const terminated = state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined);
    if ((!state?.running && !terminated) || (only !== undefined && status.name !== only)) return [];
    const ended = terminated && inWords(terminated);
    const hasPrevious = Boolean(lastState?.terminated);
    return [{ key: `${uid} ${status.name} ${containerID}`, pod: name, container: status.name, ended, hasPrevious }];
  });
}

function inWords({ exitCode, signal, reason }: { exitCode: number; signal?: number; reason?: string }): string {
  const why = reason && !['Completed', 'Error'].includes(reason) ? `, ${reason}` : '';
  return signal ? `signal ${signal}${why}` : `exit code ${exitCode}${why}`;
}
