import type { Workload } from '../../kube/kube.ts';
import type { ReleaseMark } from '../types.ts';

/** What Gitkube writes on the metadata of a workload, never on its pod template: equal images cause no rollout. */
export function markAnnotations(mark: ReleaseMark): Record<AnnotationName, string> {
  return {
    'gitkube.sh/commit': mark.commit,
    'gitkube.sh/release': String(mark.release),
    'gitkube.sh/pushed-by': mark.pushedBy,
    'kubernetes.io/change-cause': mark.cause,
  };
}

export const annotationNames = [
  'gitkube.sh/commit',
  'gitkube.sh/release',
  'gitkube.sh/pushed-by',
  'kubernetes.io/change-cause',
] as const;

export type AnnotationName = (typeof annotationNames)[number];

/** The annotations of Gitkube as they are; null: not there. */
export function currentAnnotations(workload: Workload): Record<string, string | null> {
  const all = workload.metadata?.annotations ?? {};
  return Object.fromEntries(annotationNames.map((name) => [name, all[name] ?? null]));
}
