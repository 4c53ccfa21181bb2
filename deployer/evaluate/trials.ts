import type { V1Pod } from '../../kube/kube.ts';
import { exitMessage } from '../pods/exit-message.ts';
import { containerStates, podName, type Restarts, type RunningContainer, restartKey } from '../pods/pods.ts';

/** A container of the new version that ended once and runs again: whether it crashes again is open. */
export interface Trial {
  /** Another run of the container has another key. */
  readonly key: string;
  /** For how long this run has to last, in milliseconds. */
  readonly mustRunMs: number;
  /** How it ended: `container app in pod www-abc exited with code 1 after 3 s`. */
  readonly words: string;
  readonly pod: V1Pod;
  readonly container: string;
}

/** The kubelet reports an end late, and its times have whole seconds. */
const marginMs = 10_000;

/**
 * One end of a container is forgiven, so it is ready or without a probe the instant it runs again, and nothing says yet
 * that it will not end the same way. It has to run for longer than the run that ended.
 */
export function trialsOf(pods: readonly V1Pod[], before: Restarts): Trial[] {
  return pods.flatMap((pod) =>
    containerStates(pod).flatMap((container) => {
      const { status, label, runsToEnd } = container;
      const restarts = status.restartCount - (before.get(restartKey(pod, status.name)) ?? 0);
      if (runsToEnd || restarts <= 0 || !status.state?.running) return [];
      const lasted = lastedMs(container);
      const after = lasted === undefined ? '' : ` after ${Math.round(lasted / 1000)} s`;
      return {
        key: `${restartKey(pod, status.name)}/${status.restartCount}`,
        mustRunMs: (lasted ?? 0) + marginMs,
        words: `${label} in pod ${podName(pod)} ${exitMessage(status.lastState?.terminated, after)}`,
        pod,
        container: status.name,
      };
    }),
  );
}

/** Both times are of the kubelet's clock, so it does not matter what that shows. */
function lastedMs({ status }: RunningContainer): number | undefined {
  const { startedAt, finishedAt } = status.lastState?.terminated ?? {};
  const ms = new Date(finishedAt ?? Number.NaN).getTime() - new Date(startedAt ?? Number.NaN).getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
