import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import type { V1Pod, Workload } from '../../kube/kube.ts';
import { newVersion } from '../evaluate/new-version.ts';
import type { RolloutState } from '../evaluate/rollout-evaluator.ts';
import { type Problem, podProblems } from '../pods/pod-problems.ts';
import { podTrouble } from '../pods/pod-state.ts';
import { podIsReady, podName, type Restarts } from '../pods/pods.ts';
import { differingContainers } from '../workload/containers.ts';
import { type PodTemplate, podTemplate } from '../workload/workload.ts';

/** So long a pod may fail its probe: a database that restarts, a long collection of garbage. */
const unreadyMs = 30_000;

export interface HealthTarget {
  readonly uid: string;
  readonly images: Readonly<Record<string, string>>;
  /** How often containers had been restarted before. */
  readonly restartsBefore: Restarts;
}

export interface Look {
  /** Somebody else has deleted the workload, or changed its template: this is not the release any more. */
  readonly isOther: boolean;
  /** What the release does that it must not do. */
  readonly problem?: Problem;
  /** When to look again although nothing happened. */
  readonly dueAt: number;
}

/**
 * Whether the pods of a release go on running: none of its containers ends a second time, and none of its pods that was ready
 * fails its probes for long. A pod that is evicted, or cannot be scheduled or pulled on another node, is not the fault of
 * the release.
 */
export class Health {
  readonly #clock: Clock;
  readonly #target: HealthTarget;
  /** By uid. */
  readonly #wasReady = new Set<string>();
  /** Pods of other variables or another ConfigMap are not the release's either, although its images are. */
  #template: PodTemplate | undefined;
  #unreadyAt = new Map<string, number>();

  constructor(clock: Clock, target: HealthTarget) {
    this.#clock = clock;
    this.#target = target;
  }

  look({ workload, revisions, pods }: RolloutState): Look {
    const { uid, images, restartsBefore } = this.#target;
    // Of the first look: what is read has another shape than what is watched.
    if (workload) this.#template ??= podTemplate(workload);
    if (!workload || isOther(workload, uid, images) || !isDeepStrictEqual(podTemplate(workload), this.#template))
      return { isOther: true, dueAt: never };
    const own = newVersion(workload, revisions, pods, images)?.pods ?? [];
    const crash = podProblems(own, restartsBefore).find(({ reason }) => reason === 'ContainerCrashed');
    if (crash) return { isOther: false, problem: crash, dueAt: never };
    return { isOther: false, ...this.#readiness(own) };
  }

  #readiness(pods: readonly V1Pod[]): Omit<Look, 'isOther'> {
    const now = this.#clock.monotonic();
    const before = this.#unreadyAt;
    for (const pod of pods) if (podIsReady(pod)) this.#wasReady.add(uidOf(pod));
    const lost = pods.filter((pod) => this.#wasReady.has(uidOf(pod)) && failsItsProbes(pod));
    this.#unreadyAt = new Map(lost.map((pod) => [uidOf(pod), before.get(uidOf(pod)) ?? now]));
    const [first] = [...lost].sort((one, other) => this.#since(one) - this.#since(other));
    if (!first) return { dueAt: never };
    const dueAt = this.#since(first) + unreadyMs;
    return now < dueAt ? { dueAt } : { dueAt: never, problem: readinessLost(first) };
  }

  #since(pod: V1Pod): number {
    return this.#unreadyAt.get(uidOf(pod)) ?? 0;
  }
}

const never = Number.POSITIVE_INFINITY;

function isOther(workload: Workload, uid: string, images: HealthTarget['images']): boolean {
  const { metadata } = workload;
  if (metadata?.uid !== uid || metadata.deletionTimestamp) return true;
  return differingContainers(workload, images).length > 0;
}

/** The kubelet says so. Of a node that is gone somebody else says that its pods are not ready. */
function failsItsProbes(pod: V1Pod): boolean {
  const own = pod.status?.conditions?.find(({ type }) => type === 'ContainersReady');
  return !podIsReady(pod) && own?.status === 'False';
}

function readinessLost(pod: V1Pod): Problem {
  const why = podTrouble(pod) ?? 'it is not ready';
  const message = `pod ${podName(pod)} was ready, and has not been for ${unreadyMs / 1000} s: ${why}`;
  return { key: `ready ${uidOf(pod)}`, reason: 'ReadinessLost', message, graceMs: 0, pod };
}

function uidOf({ metadata }: V1Pod): string {
  return metadata?.uid ?? '';
}
