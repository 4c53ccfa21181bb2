import type { V1Deployment, Workload } from '../../kube/kube.ts';

type Selector = NonNullable<V1Deployment['spec']>['selector'];

/** What finds the pods of a workload, in the form of the `labelSelector` query. A CronJob has none. */
export function podSelector(workload: Workload): string {
  return workload.kind === 'CronJob' ? '' : selectorText(workload.spec?.selector);
}

/** A label selector in the form of the `labelSelector` query: `app=www,tier in (web,edge),!canary`. */
export function selectorText(selector: Selector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${(values ?? []).join(',')})`;
  });
  return [...labels, ...expressions].join(',');
}
