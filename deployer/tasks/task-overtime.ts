import type { Clock } from '../../base/clock.ts';
import type { V1Pod } from '../../kube/kube.ts';
import { isRunning, type TaskState } from './judge-task.ts';
import { runsOf } from './task-runs.ts';

/** What ends with its time has its grace, and so long after that for its node to say so. */
const lostMs = 60_000;
/** How long another container of its pod may go on after its own has failed. */
const heldUpMs = 15_000;

/** Conditions of a Job whose pods are ended. */
const ends = ['FailureTarget', 'Failed'];

/** Remembers since when a task goes on that should have ended. */
export class TaskOvertime {
  readonly #clock: Clock;
  readonly #container: string;
  /** When it was first seen running although its time was over. */
  #since: number | undefined;
  /** Since when pods have gone on after their task had failed, by their uid. */
  readonly #heldUpAt = new Map<string, number>();

  constructor(clock: Clock, container: string) {
    this.#clock = clock;
    this.#container = container;
  }

  look(state: Pick<TaskState, 'job' | 'pods'>): Required<Pick<TaskState, 'isLost' | 'isHeldUp'>> {
    return { isLost: this.#isLost(state), isHeldUp: this.#isHeldUp(state.pods) };
  }

  /** When it counts as lost; never while its time is not over. */
  endsAt(pods: readonly V1Pod[]): number {
    if (this.#since === undefined) return Number.POSITIVE_INFINITY;
    const graces = pods.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 30);
    return this.#since + Math.max(...graces) * 1000 + lostMs;
  }

  /** Whether its node should have ended it long ago. */
  #isLost({ job, pods }: Pick<TaskState, 'job' | 'pods'>): boolean {
    const isOver = job.status?.conditions?.some(({ type, status }) => ends.includes(type) && status === 'True');
    if (!isOver || !pods.some((pod) => isRunning(pod, this.#container))) return false;
    this.#since ??= this.#clock.monotonic();
    return this.#clock.monotonic() >= this.endsAt(pods);
  }

  /** A sidecar of the old kind, such as the proxy of a mesh, does not end with the others; one of the new kind has its grace. */
  #isHeldUp(pods: readonly V1Pod[]): boolean {
    const last = pods.at(-1);
    const goesOn = last?.status?.containerStatuses?.some(({ state }) => state?.running !== undefined) ?? false;
    const [run] = last ? runsOf(last, this.#container) : [];
    if (!last || !goesOn || !run || run.isEnded) return false;
    const uid = last.metadata?.uid ?? '';
    const since = this.#heldUpAt.get(uid) ?? this.#clock.monotonic();
    this.#heldUpAt.set(uid, since);
    return this.#clock.monotonic() - since >= heldUpMs;
  }
}
