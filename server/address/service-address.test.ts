import { describe, expect, it } from 'vitest';
import type { V1Node, V1Service } from '../../kube/kube.ts';
import { addressOfService } from './service-address.ts';

type Spec = NonNullable<V1Service['spec']>;
type Ingress = NonNullable<NonNullable<NonNullable<V1Service['status']>['loadBalancer']>['ingress']>;

const ssh = { name: 'ssh', port: 22, nodePort: 30022 };
const http = { name: 'http', port: 80, nodePort: 30080 };

const service = (spec: Spec, ingress?: Ingress): V1Service => ({
  spec: { ports: [http, ssh], ...spec },
  ...(ingress && { status: { loadBalancer: { ingress } } }),
});
const balanced = (ingress: Ingress, spec: Spec = {}) => service({ type: 'LoadBalancer', ...spec }, ingress);

function node(name: string, addresses: Record<string, string>, spec: V1Node['spec'] = {}, ready = 'True'): V1Node {
  return {
    metadata: { name },
    spec,
    status: {
      conditions: [{ type: 'Ready', status: ready }],
      addresses: Object.entries(addresses).map(([type, address]) => ({ type, address })),
    },
  };
}

const inside = node('a', { Hostname: 'a', InternalIP: '10.0.0.1' });
const outside = node('b', { InternalIP: '10.0.0.2', ExternalIP: '203.0.113.2' });
const old = node('0', { InternalIP: '10.0.0.9' }, {}, 'False');
const cordoned = node('1', { InternalIP: '10.0.0.8' }, { unschedulable: true });
const six = node('c', { InternalIP: 'fd00::3' });
const nodePort: Spec = { type: 'NodePort' };

describe('the address of a Service', () => {
  it.each<[string, string, V1Service, readonly V1Node[]]>([
    ['a load balancer by IP', '203.0.113.7:22', balanced([{ ip: '203.0.113.7' }]), []],
    ['by hostname', 'lb.example.com:22', balanced([{ hostname: 'lb.example.com' }]), []],
    ['by IP before hostname', '203.0.113.7:22', balanced([{ hostname: 'x' }, { ip: '203.0.113.7' }]), []],
    ['by IPv6', '[2001:db8::7]:22', balanced([{ ip: '2001:db8::7' }]), []],
    ['on another port', '203.0.113.7:2222', balanced([{ ip: '203.0.113.7' }], { ports: [{ port: 2222 }] }), []],
    ['before external IPs', '203.0.113.7:22', balanced([{ ip: '203.0.113.7' }], { externalIPs: ['192.0.2.1'] }), []],
    ['without an address, by external IP', '192.0.2.1:22', balanced([], { externalIPs: ['192.0.2.1'] }), []],
    ['external IPs of a ClusterIP', '192.0.2.1:22', service({ externalIPs: ['192.0.2.1', '192.0.2.2'] }), []],
    ['external IPv6', '[2001:db8::1]:22', service({ externalIPs: ['2001:db8::1'] }), []],
    ['external IPs before a node', '192.0.2.1:22', service({ ...nodePort, externalIPs: ['192.0.2.1'] }), [inside]],
    ['a node', '10.0.0.1:30022', service(nodePort), [inside]],
    ['a node by the address that is outside', '203.0.113.2:30022', service(nodePort), [inside, outside]],
    ['a node that is ready', '10.0.0.1:30022', service(nodePort), [old, cordoned, inside]],
    ['a node that is not ready, if there is no other', '10.0.0.9:30022', service(nodePort), [old]],
    ['always the same node', '10.0.0.1:30022', service(nodePort), [six, inside]],
    ['a node by IPv6', '[fd00::3]:30022', service(nodePort), [six]],
    ['a name', 'git.example.com:22', service({ type: 'ExternalName', externalName: 'git.example.com' }), []],
    [
      'a name without ports',
      'git.example.com:22',
      { spec: { type: 'ExternalName', externalName: 'git.example.com' } },
      [],
    ],
  ])('%s: %s', (_, address, found, nodes) => {
    expect(addressOfService(found, nodes)).toEqual({ address });
  });

  it.each<[string, string, string, V1Service, readonly V1Node[] | undefined]>([
    ['a pending load balancer', 'NoLoadBalancerAddress', 'has no available IP/hostnames', balanced([]), []],
    ['an empty ingress', 'NoLoadBalancerAddress', 'has no available IP/hostnames', balanced([{}]), []],
    ['a ClusterIP', 'NotExposed', 'cannot be accessed from outside cluster', service({}), []],
    ['a headless one', 'NotExposed', 'type ClusterIP cannot be accessed', service({ clusterIP: 'None' }), []],
    ['no node', 'NodeAddressUnknown', 'ssh://git@<any-node-ip>:30022/<namespace>/<remote-name>', service(nodePort), []],
    ['no right', 'NodeAddressUnknown', 'GITKUBE_PUBLIC_ADDRESS=<host>:30022', service(nodePort), undefined],
    [
      'no node port',
      'NodeAddressUnknown',
      'no node port yet',
      service({ ...nodePort, ports: [{ port: 22 }] }),
      [inside],
    ],
  ])('%s is %s: %s', (_, reason, text, found, nodes) => {
    const reported = addressOfService(found, nodes);
    expect(reported).toEqual({ reason, description: expect.stringContaining(text) });
  });
});
