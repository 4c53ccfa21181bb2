import type { JsonPatch, Workload } from '../../kube/kube.ts';
import { podTemplate, podTemplatePointer } from '../workload/workload.ts';
import { pointer } from './pointer.ts';

/** What `kubectl rollout restart` writes on a pod template: another value is another version of it. */
const annotation = 'kubectl.kubernetes.io/restartedAt';

/** When the pods of a workload were restarted last, as its template says; null: never. */
export function restartedAt(workload: Workload): string | null {
  return podTemplate(workload)?.metadata?.annotations?.[annotation] ?? null;
}

/** Sets or removes (null) that annotation, in the version of the template that was read only. */
export function restartPatch(workload: Workload, wanted: string | null): JsonPatch {
  const current = restartedAt(workload);
  if (current === wanted) return [];
  const metadata = `${podTemplatePointer(workload)}/metadata`;
  const path = `${metadata}${pointer('annotations', annotation)}`;
  if (wanted === null)
    return [
      { op: 'test', path, value: current },
      { op: 'remove', path },
    ];
  if (current !== null)
    return [
      { op: 'test', path, value: current },
      { op: 'replace', path, value: wanted },
    ];
  const template = podTemplate(workload)?.metadata;
  const isUntouched = {
    op: 'test' as const,
    path: '/metadata/resourceVersion',
    value: workload.metadata?.resourceVersion,
  };
  return [
    isUntouched,
    ...(template ? [] : [{ op: 'add' as const, path: metadata, value: {} }]),
    ...(template?.annotations ? [] : [{ op: 'add' as const, path: `${metadata}/annotations`, value: {} }]),
    { op: 'add', path, value: wanted },
  ];
}
