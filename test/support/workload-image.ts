import type { WorkloadKind } from '../../kube/kube.ts';
import { callApi } from './api-server.ts';

interface Template {
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
}

interface Workload {
  readonly spec: {
    readonly template: Template;
    readonly jobTemplate?: { readonly spec: { readonly template: Template } };
  };
}

/** What the template of a workload says; empty: it has no such container. */
export async function workloadImage(
  namespace: string,
  kind: WorkloadKind,
  name: string,
  container: string,
): Promise<string> {
  const group = kind === 'CronJob' ? 'batch' : 'apps';
  const path = `/apis/${group}/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
  const { spec } = JSON.parse(await callApi('GET', path)) as Workload;
  const template = spec.jobTemplate?.spec.template ?? spec.template;
  return template.spec.containers.find((one) => one.name === container)?.image ?? '';
}
