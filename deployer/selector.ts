import type { V1Deployment } from '../kube/kube.ts';

type Selector = NonNullable<V1Deployment['spec']>['selector'];

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
