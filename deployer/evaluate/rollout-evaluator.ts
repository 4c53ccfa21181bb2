import { count, plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod, Workload } from '../../kube/kube.ts';
import { mountProblems } from '../pods/not-started.ts';
import { type Problem, podProblems } from '../pods/pod-problems.ts';
import { containerStates, findUnreadyPod, podIsReady, type Restarts, whyUnschedulable } from '../pods/pods.ts';
import type { Since } from '../status/rollout-status.ts';
import { isObserved, workloadStatus } from '../status/workload-status.ts';
import { containersOf, differingContainers } from '../workload/containers.ts';
import { forKubectl, inWords, minReadySeconds, type WorkloadId } from '../workload/workload.ts';
import { newVersion, podsInTheWay, type Revision } from './new-version.ts';
import { outOfTime, overDeadline } from './out-of-time.ts';
import { progressLine } from './progress.ts';
import { replicaFailures } from './replica-failure.ts';
import { type Trial, trialsOf } from './trials.ts';

/** What is known of one workload now. */
export interface RolloutState {
  /** Undefined: it is gone. */
  readonly workload: Workload | undefined;
  readonly revisions: readonly Revision[];
  /** Every pod that its selector matches. */
  readonly pods: readonly V1Pod[];
  readonly events: readonly KubeEvent[];
}

/** What a rollout is to reach. */
export interface RolloutTarget extends WorkloadId {
  readonly uid: string;
  readonly images: Readonly<Record<string, string>>;
  readonly since: Since;
  readonly restartsBefore: Restarts;
  /** `observed`: Kubernetes has taken the images up; whether they run is not waited for. */
  readonly until: 'complete' | 'observed';
  /** What is not of this version is one that failed. */
  readonly restoring: boolean;
}

export type RolloutEvaluation =
  /** `probed`: every new container says itself when it is ready. Without a probe, running for an instant counts as ready. */
  | { readonly kind: 'complete'; readonly probed: boolean; readonly trials?: readonly Trial[] }
  /** Problems that have a grace may still pass. */
  | {
      readonly kind: 'waiting';
      readonly line: string;
      readonly problems: readonly Problem[];
      readonly unreadyPod?: V1Pod;
      /** Counted from when they were seen first, whatever the rest of the rollout does. */
      readonly trials?: readonly Trial[];
      /** Nothing goes on until these pods of another version are deleted. */
      readonly inTheWay?: readonly Blocker[];
    };

export interface Blocker {
  readonly pod: V1Pod;
  /** How long it may last before the pod is deleted: one that starts slowly may get ready yet. */
  readonly graceMs: number;
}

/** A pod of the version before that runs and is not ready: so long it may be that it only starts slowly. */
const startGraceMs = 10_000;

/** Decides how far a rollout is and what is wrong with it, from what is known and nothing else. */
export function evaluate(state: RolloutState, target: RolloutTarget): RolloutEvaluation {
  const { workload } = state;
  const changed = changedByOthers(workload, target);
  if (!workload || changed) return { kind: 'waiting', line: '', problems: changed ? [changed] : [] };
  const status = workloadStatus(workload, target.since);
  const observed = isObserved(workload, target.since);
  const inTheWay = observed ? blockers(workload, state, target) : [];
  if (observed && target.until === 'observed' && inTheWay.length === 0) return { kind: 'complete', probed: true };
  const version = observed ? newVersion(workload, state.revisions, state.pods, target.images) : undefined;
  const pods = version?.pods ?? [];
  const problems = [
    ...podProblems(pods, target.restartsBefore),
    ...mountProblems(pods, state.events),
    ...(observed ? replicaFailures(workload, state) : []),
  ];
  if (status.kind === 'paused') problems.unshift(paused(target));
  const trials = trialsOf(pods, target.restartsBefore);
  const unreadyPod = findUnreadyPod(pods);
  if (status.kind === 'complete' && problems.length === 0 && !(unreadyPod && podIsReady(unreadyPod)))
    return { kind: 'complete', probed: isProbed(workload, pods), ...(trials.length > 0 && { trials }) };
  const why = endingFirst(workload, state) ?? (status.kind === 'waiting' ? status.why : 'Kubernetes');
  const line = progressLine({ workload, version, why, events: state.events });
  if (status.kind === 'deadline')
    problems.push(
      overDeadline(
        outOfTime(line, unreadyPod, state.events, `${deadlineSeconds(workload)} s (progressDeadlineSeconds)`),
      ),
    );
  return {
    kind: 'waiting',
    line,
    problems,
    inTheWay,
    ...(trials.length > 0 && { trials }),
    ...(unreadyPod && { unreadyPod }),
  };
}

function blockers(workload: Workload, { pods }: RolloutState, { restoring }: RolloutTarget): Blocker[] {
  return podsInTheWay(workload, pods).map((pod) => {
    const isHopeless = podProblems([pod], new Map()).length > 0 || whyUnschedulable(pod) !== undefined;
    return { pod, graceMs: restoring || isHopeless ? 0 : startGraceMs };
  });
}

/** By Recreate, no new pod is made before the last old one has ended. */
function endingFirst(workload: Workload, { pods }: RolloutState): string | undefined {
  const ending = pods.filter((pod) => pod.metadata?.deletionTimestamp).length;
  const recreates = workload.kind === 'Deployment' && workload.spec?.strategy?.type === 'Recreate';
  return recreates && ending > 0 ? `${count(ending, 'old pod')} to end` : undefined;
}

/** Somebody else deleted or changed the workload: what is rolled out is no longer ours. */
function changedByOthers(workload: Workload | undefined, target: RolloutTarget): Problem | undefined {
  const problem = (message: string): Problem => ({ key: message, reason: 'WorkloadChanged', message, graceMs: 0 });
  if (!workload || workload.metadata?.deletionTimestamp) {
    return problem(`${inWords(target)} was deleted during the rollout`);
  }
  if (workload.metadata?.uid !== target.uid) {
    return problem(`${inWords(target)} was deleted and created again during the rollout`);
  }
  // A state from before our patch still shows the image from before it.
  if ((workload.metadata.generation ?? 0) < target.since.generation) return undefined;
  const [container] = differingContainers(workload, target.images);
  if (container === undefined) return undefined;
  const image = containersOf(workload).get(container)?.image ?? 'nothing';
  return problem(`somebody else set the image of container ${container} to ${plain(image, 300)} during the rollout`);
}

export function paused(id: WorkloadId): Problem {
  return {
    key: 'paused',
    reason: 'RolloutRefused',
    message: `${inWords(id)} is paused, so it never rolls out a new version`,
    hint: [`kubectl -n ${id.namespace} rollout resume ${forKubectl(id)}`],
    graceMs: 0,
  };
}

/** As Kubernetes fills it in. */
function deadlineSeconds(workload: Workload): number {
  return (workload.kind === 'Deployment' && workload.spec?.progressDeadlineSeconds) || 600;
}

function isProbed(workload: Workload, pods: readonly V1Pod[]): boolean {
  if (minReadySeconds(workload) > 0) return true;
  return pods.every((pod) => containerStates(pod).every(({ probed, runsToEnd }) => probed || runsToEnd));
}
