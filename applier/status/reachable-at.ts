import type { AnyObject } from '../../kube/kube.ts';
import { fieldAt, groupOf, listAt, textAt } from '../objects/object-fields.ts';
import { isFields } from '../objects/objects.ts';

interface WorkloadName {
  readonly kind: string;
  readonly name: string;
}

const maxLines = 5;

/**
 * Where these workloads can be reached from outside of the cluster, as far as objects that were applied beside them say so
 * for certain: `www: https://shop.example.com/`. What terminates TLS in front of a Gateway or a load balancer is not known,
 * so those have no scheme.
 */
export function reachableAt(objects: readonly AnyObject[], workloads: readonly WorkloadName[]): string[] {
  const lines = workloads.flatMap(({ kind, name }) => {
    const workload = objects.find((one) => one.kind === kind && one.metadata.name === name && groupOf(one) === 'apps');
    const services = workload ? objects.filter((one) => selects(one, labelsOf(workload))) : [];
    const names = new Set(services.map(({ metadata }) => metadata.name));
    const urls = [
      ...objects.flatMap((one) => [...ofIngress(one, names), ...ofRoute(one, names)]),
      ...services.flatMap(ofBalancer),
    ];
    return [...new Set(urls)].map((url) => `${name}: ${url}`);
  });
  return lines.slice(0, maxLines);
}

function labelsOf(workload: AnyObject): Readonly<Record<string, unknown>> {
  const labels = fieldAt(workload, 'spec.template.metadata.labels');
  return isFields(labels) ? labels : {};
}

function selects(object: AnyObject, labels: Readonly<Record<string, unknown>>): boolean {
  if (object.kind !== 'Service' || groupOf(object) !== '') return false;
  const { selector } = isFields(object.spec) ? object.spec : {};
  const wanted = isFields(selector) ? Object.entries(selector) : [];
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}

/** An Ingress answers plain HTTP for the hosts that none of its `tls` has. */
function ofIngress(object: AnyObject, services: ReadonlySet<string>): string[] {
  if (object.kind !== 'Ingress' || groupOf(object) !== 'networking.k8s.io') return [];
  const secure = new Set(listAt(object, 'spec.tls').flatMap((one) => listAt(one, 'hosts')));
  return listAt(object, 'spec.rules').flatMap((rule) => {
    const host = textAt(rule, 'host');
    if (!isHost(host)) return [];
    return listAt(rule, 'http.paths').flatMap((one) => {
      const path = textAt(one, 'path') ?? '/';
      const isOurs = services.has(textAt(one, 'backend.service.name') ?? '');
      return isOurs && plainPath.test(path) ? [`${secure.has(host) ? 'https' : 'http'}://${host}${path}`] : [];
    });
  });
}

function ofRoute(object: AnyObject, services: ReadonlySet<string>): string[] {
  if (object.kind !== 'HTTPRoute' || groupOf(object) !== 'gateway.networking.k8s.io') return [];
  const backends = listAt(object, 'spec.rules').flatMap((rule) => listAt(rule, 'backendRefs'));
  const isOurs = backends.some(
    (one) => (textAt(one, 'kind') ?? 'Service') === 'Service' && services.has(textAt(one, 'name') ?? ''),
  );
  return isOurs ? listAt(object, 'spec.hostnames').filter(isHost) : [];
}

/** One that was there before this deploy has its address already. */
function ofBalancer(service: AnyObject): string[] {
  if (textAt(service, 'spec.type') !== 'LoadBalancer') return [];
  const addresses = listAt(service, 'status.loadBalancer.ingress').flatMap(
    (one) => textAt(one, 'hostname') ?? textAt(one, 'ip') ?? [],
  );
  const ports = listAt(service, 'spec.ports').flatMap((one) => (isFields(one) && one.port ? [one.port] : []));
  return addresses.flatMap((address) =>
    ports.map((port) => `${address.includes(':') ? `[${address}]` : address}:${port}`),
  );
}

/** A controller may take another path for a pattern. */
const plainPath = /^\/[\w./~-]*$/;

function isHost(host: unknown): host is string {
  return typeof host === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(host);
}
