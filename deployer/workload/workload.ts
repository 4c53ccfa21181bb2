import type { Workload, WorkloadKind } from '../../kube/kube.ts';
import type { WorkloadId } from '../../kube/workload.ts';

export type { WorkloadId };

/** `StatefulSet db in namespace shop`, for sentences. */
export function inWords({ kind, namespace, name }: WorkloadId): string {
  return `${kind} ${name} in namespace ${namespace}`;
}

/** `statefulset/db`, for kubectl. */
export function forKubectl({ kind, name }: Pick<WorkloadId, 'kind' | 'name'>): string {
  return `${kind.toLowerCase()}/${name}`;
}

export type PodTemplate = NonNullable<Extract<Workload, { kind: 'Deployment' }>['spec']>['template'];

export function podTemplate(workload: Workload): PodTemplate | undefined {
  return workload.kind === 'CronJob' ? workload.spec?.jobTemplate.spec?.template : workload.spec?.template;
}

/** Where the template is in the object, as a JSON pointer. */
export function podTemplatePointer({ kind }: Workload): string {
  return kind === 'CronJob' ? '/spec/jobTemplate/spec/template' : '/spec/template';
}

/** Kubernetes makes pods of a new template itself; a CronJob only makes its next Job of it. */
export function rollsOut({ kind }: { readonly kind: WorkloadKind }): boolean {
  return kind !== 'CronJob';
}

export function minReadySeconds(workload: Workload): number {
  return (workload.kind !== 'CronJob' && workload.spec?.minReadySeconds) || 0;
}
