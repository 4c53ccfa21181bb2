import type { V1Node, V1Service } from '../../kube/kube.ts';
import type { AddressReason } from '../../remote-crd/index.ts';

/** `host:port` with IPv6 in brackets, or why there is none. */
export type Found = { readonly address: string } | { readonly reason: AddressReason; readonly description: string };

/**
 * Where clients outside of the cluster reach a Service; where there is none, in the words of hasura/gitkube, whose users
 * know them.
 * @param nodes some nodes; undefined: gitkube may not list them. Looked at for a NodePort only.
 */
export function addressOfService(service: V1Service, nodes: readonly V1Node[] | undefined): Found {
  const { type = 'ClusterIP', externalIPs = [], externalName = '' } = service.spec ?? {};
  const { port, nodePort } = sshPort(service);
  if (type === 'ExternalName') return { address: join(externalName, port) };
  const balancer = type === 'LoadBalancer' ? balancerHost(service) : undefined;
  const host = balancer ?? externalIPs[0];
  if (host) return { address: join(host, port) };
  if (type === 'LoadBalancer') {
    const description = 'gitkube service of type LoadBalancer has no available IP/hostnames';
    return { reason: 'NoLoadBalancerAddress', description };
  }
  if (type === 'NodePort') return nodePortAddress(nodePort, nodes);
  return {
    reason: 'NotExposed',
    description: `gitkube service type ${type} cannot be accessed from outside cluster. If this was intended, add remote manually`,
  };
}

export function needsNodes({ spec = {} }: V1Service): boolean {
  return spec.type === 'NodePort' && !spec.externalIPs?.length;
}

/** The port named ssh, else the first one. */
function sshPort({ spec = {} }: V1Service): { readonly port: number; readonly nodePort?: number } {
  const ports = spec.ports ?? [];
  return ports.find(({ name }) => name === 'ssh') ?? ports[0] ?? { port: 22 };
}

/** An IP before a hostname: it needs no DNS. */
function balancerHost({ status = {} }: V1Service): string | undefined {
  const ingress = status.loadBalancer?.ingress ?? [];
  return ingress.find(({ ip }) => ip)?.ip ?? ingress.find(({ hostname }) => hostname)?.hostname;
}

function nodePortAddress(nodePort: number | undefined, nodes: readonly V1Node[] | undefined): Found {
  if (nodePort === undefined) {
    return { reason: 'NodeAddressUnknown', description: 'gitkube service of type NodePort has no node port yet' };
  }
  const host = nodes && nodeHost(nodes);
  if (host) return { address: join(host, nodePort) };
  const example = `ssh://git@<any-node-ip>:${nodePort}/<namespace>/<remote-name>`;
  const why = nodes ? 'no node has an address' : 'gitkube may not list nodes';
  return {
    reason: 'NodeAddressUnknown',
    description: `manually configure remote for gitkube service of type NodePort. E.g.: ${example} (${why}; GITKUBE_PUBLIC_ADDRESS=<host>:${nodePort} sets the address)`,
  };
}

/** An address from outside before one from inside, nodes that are ready before others, and of equals always the same. */
function nodeHost(nodes: readonly V1Node[]): string | undefined {
  const named = [...nodes].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  const inOrder = [...named.filter(isReady), ...named.filter((node) => !isReady(node))];
  const first = (wanted: string) =>
    inOrder.flatMap(({ status }) => status?.addresses ?? []).find(({ type, address }) => type === wanted && address);
  return (first('ExternalIP') ?? first('InternalIP'))?.address;
}

function isReady({ status, spec }: V1Node): boolean {
  const ready = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return ready === true && spec?.unschedulable !== true;
}

function join(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
