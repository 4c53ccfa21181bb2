import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { type OwnPods, ownPods } from '../../deployer/index.ts';
import type { Kube, Workload } from '../../kube/index.ts';
import type { WorkloadId } from '../../kube/workload.ts';
import { followedLogs } from './followed-logs.ts';
import { storedLogs } from './stored-logs.ts';

export interface LogsWish {
  readonly follow: boolean;
  /** Of the runs before these. */
  readonly previous: boolean;
  /** The last so many lines of each container; undefined: all. */
  readonly tailLines: number | undefined;
  readonly sinceSeconds: number | undefined;
  /** Unset: all containers. */
  readonly container: string | undefined;
}

export interface LogsParts {
  readonly kube: Pick<Kube, 'followPodLog' | 'getWorkload' | 'listPods' | 'watch'>;
  readonly clock: Clock;
}

/** The pods of one workload. */
export type PodsOfOne = OwnPods & { readonly namespace: string };

/**
 * The logs of workloads, line by line, each with its pod and container.
 * @throws WorkloadNotFound when none of them exists; ContainerNotFound; ClusterUnavailable, ClusterForbidden
 */
export async function podLogs(
  parts: LogsParts,
  ids: readonly WorkloadId[],
  wish: LogsWish,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const found = await Promise.all(
    ids.map(({ kind, namespace, name }) => parts.kube.getWorkload(kind, namespace, name)),
  );
  const workloads = found.filter((one) => one !== undefined);
  if (workloads.length === 0) throw nothingThere(ids);
  if (wish.container !== undefined) requireContainer(workloads, wish.container);
  const pods = workloads.map((one) => ({ ...ownPods(one), namespace: one.metadata?.namespace ?? '' }));
  return wish.follow ? followedLogs(parts, pods, wish, signal) : storedLogs(parts, pods, wish, signal);
}

function nothingThere(ids: readonly WorkloadId[]): GitkubeError {
  const names = ids.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  return new GitkubeError('WorkloadNotFound', names === '' ? 'it has no workloads' : `${names}: not there yet`);
}

/** @throws ContainerNotFound */
function requireContainer(workloads: readonly Workload[], name: string): void {
  const names = [...new Set(workloads.flatMap(containerNames))];
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new GitkubeError('ContainerNotFound', `no workload has a container ${name}, they have ${names.join(', ')}`, {
    hint: near ? `did you mean ${near}?` : [],
  });
}

function containerNames(workload: Workload): string[] {
  const template = workload.kind === 'CronJob' ? workload.spec?.jobTemplate.spec?.template : workload.spec?.template;
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  return [...initContainers, ...containers].map(({ name }) => name);
}
