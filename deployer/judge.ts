import { count, plain } from '../base/text.ts';
import type { KubeEvent, V1Deployment, V1Pod, V1ReplicaSet } from '../kube/kube.ts';
import { containersOf, differingContainers } from './containers.ts';
import { type Problem, podProblems } from './pod-problems.ts';
import {
  containerStates,
  newReplicaSet,
  podIsReady,
  podName,
  podsOf,
  type Restarts,
  whyUnschedulable,
} from './pods.ts';
import { progressLine } from './progress.ts';
import { replicaFailure, rolloutStatus, type Since } from './rollout-status.ts';

/** What is known of one Deployment now. */
export interface Sight {
  /** Undefined: it is gone. */
  readonly deployment: V1Deployment | undefined;
  readonly sets: readonly V1ReplicaSet[];
  /** Every pod that its selector matches. */
  readonly pods: readonly V1Pod[];
  readonly warnings: readonly KubeEvent[];
}

/** What a rollout is to reach. */
export interface Goal {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly images: Readonly<Record<string, string>>;
  readonly since: Since;
  readonly restartsBefore: Restarts;
  /** `observed`: Kubernetes has taken the images up; whether they run is not waited for. */
  readonly until: 'complete' | 'observed';
}

export type Verdict =
  /** `trusted`: every new container says itself when it is ready. Without a probe, running for an instant counts as ready. */
  | { readonly kind: 'complete'; readonly trusted: boolean }
  /** Problems that have a grace may still pass. */
  | { readonly kind: 'waiting'; readonly line: string; readonly problems: readonly Problem[]; readonly late?: V1Pod };

/** Decides how far a rollout is and what is wrong with it, from what is known and nothing else. */
export function judge(sight: Sight, goal: Goal): Verdict {
  const { deployment } = sight;
  const changed = otherHands(deployment, goal);
  if (!deployment || changed) return { kind: 'waiting', line: '', problems: changed ? [changed] : [] };
  const status = rolloutStatus(deployment, goal.since);
  const observed = (deployment.status?.observedGeneration ?? 0) >= goal.since.generation;
  if (observed && goal.until === 'observed') return { kind: 'complete', trusted: true };
  const set = observed ? newReplicaSet(deployment, sight.sets) : undefined;
  const pods = set ? podsOf(set, sight.pods) : [];
  const problems = [...podProblems(pods, goal.restartsBefore), ...(observed ? standstill(deployment, sight) : [])];
  if (status.kind === 'paused') problems.unshift(paused(goal));
  if (status.kind === 'complete' && problems.length === 0)
    return { kind: 'complete', trusted: trusted(deployment, pods) };
  const why = endingFirst(deployment, sight) ?? (status.kind === 'waiting' ? status.why : 'Kubernetes');
  const line = progressLine({ deployment, set, pods, why, warnings: sight.warnings });
  const late = pods.find((pod) => !podIsReady(pod));
  if (status.kind === 'deadline') problems.push(outOfTime(line, late, 'its progressDeadlineSeconds'));
  return { kind: 'waiting', line, problems, ...(late ? { late } : {}) };
}

/** By Recreate, no new pod is made before the last old one has ended. */
function endingFirst(deployment: V1Deployment, { pods }: Sight): string | undefined {
  const ending = pods.filter((pod) => pod.metadata?.deletionTimestamp).length;
  const waits = deployment.spec?.strategy?.type === 'Recreate' && ending > 0;
  return waits ? `${count(ending, 'old pod')} to end` : undefined;
}

/** Somebody else deleted or changed the Deployment: what is rolled out is no longer ours. */
function otherHands(deployment: V1Deployment | undefined, goal: Goal): Problem | undefined {
  const where = `Deployment ${goal.name} in namespace ${goal.namespace}`;
  const problem = (message: string): Problem => ({ key: message, reason: 'WorkloadChanged', message, graceMs: 0 });
  if (!deployment || deployment.metadata?.deletionTimestamp) return problem(`${where} was deleted during the rollout`);
  if (deployment.metadata?.uid !== goal.uid) return problem(`${where} was deleted and made anew during the rollout`);
  // An older sight than our patch still shows the image from before it.
  if ((deployment.metadata.generation ?? 0) < goal.since.generation) return undefined;
  const [container] = differingContainers(deployment, goal.images);
  if (container === undefined) return undefined;
  const image = containersOf(deployment).get(container)?.image ?? 'nothing';
  return problem(`somebody else set the image of container ${container} to ${plain(image, 300)} during the rollout`);
}

export function paused({ namespace, name }: { namespace: string; name: string }): Problem {
  return {
    key: 'paused',
    reason: 'RolloutRefused',
    message: `Deployment ${name} in namespace ${namespace} is paused, so it never rolls out a new version`,
    hint: [`kubectl -n ${namespace} rollout resume deployment/${name}`],
    graceMs: 0,
  };
}

/** The ReplicaSet cannot make pods. Pods that are ending may free the quota, so it is final only without them. */
function standstill(deployment: V1Deployment, { pods }: Sight): Problem[] {
  const failure = replicaFailure(deployment);
  if (failure === undefined || pods.some((pod) => pod.metadata?.deletionTimestamp)) return [];
  const message = `Kubernetes cannot make the new pods: ${plain(failure, 500)}`;
  return [{ key: 'refused', reason: 'RolloutRefused', message, graceMs: 5000 }];
}

function trusted(deployment: V1Deployment, pods: readonly V1Pod[]): boolean {
  if ((deployment.spec?.minReadySeconds ?? 0) > 0) return true;
  return pods.every((pod) => containerStates(pod).every(({ probed, runsToEnd }) => probed || runsToEnd));
}

/**
 * The problem of a rollout whose time is over.
 * @param late the first new pod that is not ready
 * @param limit what ended it, in words
 */
export function outOfTime(line: string, late: V1Pod | undefined, limit: string): Problem {
  const unschedulable = late ? whyUnschedulable(late) : undefined;
  if (late && unschedulable !== undefined) {
    const message = `no node takes pod ${podName(late)}: ${plain(unschedulable, 500)}`;
    return { key: 'unschedulable', reason: 'PodUnschedulable', message, graceMs: 0, pod: late };
  }
  const container = late && containerStates(late).find(({ status, runsToEnd }) => !status.ready && !runsToEnd);
  return {
    key: 'time',
    reason: 'RolloutTimeout',
    message: `not rolled out within ${limit}: ${line}`,
    graceMs: 0,
    ...(late ? { pod: late } : {}),
    ...(container ? { container: container.status.name } : {}),
  };
}
