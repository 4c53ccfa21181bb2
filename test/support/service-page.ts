import { callApi } from './api-server.ts';
import { eventually } from './eventually.ts';

interface Service {
  readonly spec: {
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly targetPort: number }[];
  };
}

interface Endpoints {
  readonly subsets?: readonly {
    readonly addresses?: readonly { readonly targetRef?: { readonly uid: string } }[];
    readonly ports?: readonly { readonly port: number }[];
  }[];
}

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/**
 * The page that a Service serves, fetched through the API server, once that asks the pods that are ready now: a controller
 * announces which these are, and does so a moment after they are.
 */
export async function servedPage(namespace: string, service: string): Promise<string> {
  await eventually(() => endpointsAreUpToDate(namespace, service));
  return askedPage(namespace, service);
}

/** What the Service answers at this very moment. */
export async function askedPage(namespace: string, service: string): Promise<string> {
  const page = await callApi('GET', `/api/v1/namespaces/${namespace}/services/${service}:80/proxy/`);
  return page.replace(/\n$/, '');
}

async function endpointsAreUpToDate(namespace: string, name: string): Promise<boolean> {
  const get = async <T>(path: string) =>
    JSON.parse(await callApi('GET', `/api/v1/namespaces/${namespace}/${path}`)) as T;
  const { spec } = await get<Service>(`services/${name}`);
  const selector = Object.entries(spec.selector).map((label) => label.join('='));
  const { items } = await get<Pods>(`pods?labelSelector=${encodeURIComponent(selector.join(','))}`);
  const { subsets = [] } = await get<Endpoints>(`endpoints/${name}`);
  const ready = items.filter(({ metadata, status }) => !metadata.deletionTimestamp && isReady(status));
  const asked = subsets.flatMap(({ addresses = [] }) => addresses.map(({ targetRef }) => targetRef?.uid));
  const ports = subsets.flatMap(({ ports: found = [] }) => found.map(({ port }) => port));
  return (
    ready.length > 0 &&
    areSame(
      asked,
      ready.map(({ metadata }) => metadata.uid),
    ) &&
    areSame(
      ports,
      spec.ports.map(({ targetPort }) => targetPort),
    )
  );
}

function isReady({ conditions = [] }: Pods['items'][number]['status']): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function areSame<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.every((one) => others.includes(one)) && others.every((one) => some.includes(one));
}
