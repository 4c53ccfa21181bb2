import type { Workload } from '../../kube/kube.ts';
import { podTemplate } from './workload.ts';

type Container = NonNullable<NonNullable<ReturnType<typeof podTemplate>>['spec']>['containers'][number];

/**
 * What of a workload lets a version go wrong, or its users wait, although it is rolled out: a few words each.
 * imagePullPolicy is none of them: images are named by digest, so a node never runs another one.
 */
export function risksOf(workload: Workload): string[] {
  if (workload.kind === 'CronJob') return [];
  const containers = podTemplate(workload)?.spec?.containers ?? [];
  const unprobed = containers.filter(({ readinessProbe }) => !readinessProbe);
  const unsized = containers.filter((container) => !isSized(container));
  return [
    ...(unprobed.length > 0
      ? [`no readinessProbe${of(unprobed, containers)}, a pod counts as ready when it starts`]
      : []),
    ...(isSingle(workload) ? ['one replica, nothing answers when its pod crashes or its node is drained'] : []),
    ...(unsized.length > 0 ? [`no resources requested${of(unsized, containers)}, a node may run out of them`] : []),
  ];
}

/** Which of several containers. */
function of(some: readonly Container[], all: readonly Container[]): string {
  return all.length === 1 ? '' : ` in ${some.map(({ name }) => name).join(', ')}`;
}

/** A limit is a request, too. */
function isSized({ resources }: Container): boolean {
  const { requests = {}, limits = {} } = resources ?? {};
  return Object.keys({ ...requests, ...limits }).length > 0;
}

/** A rolling update has the new pod before it ends the old one; an eviction, a drain and a crash do not. */
function isSingle(workload: Workload): boolean {
  if (workload.kind !== 'Deployment' && workload.kind !== 'StatefulSet') return false;
  return (workload.spec?.replicas ?? 1) === 1;
}
