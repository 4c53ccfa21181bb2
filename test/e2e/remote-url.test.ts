import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Account } from '../support/account.ts';
import { callApi } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { giveTo } from '../support/lease.ts';

let namespace: TestNamespace;
let account: Account;
let gitkube: Gitkube;

/** No other test asks for this one, and those that Kubernetes gives out on its own are above it. */
const nodePort = 30_005;

const served = [
  { apiGroups: ['gitkube.sh'], resources: ['remotes'], verbs: ['list', 'watch'] },
  { apiGroups: ['gitkube.sh'], resources: ['remotes/status'], verbs: ['patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list', 'watch', 'create', 'update'] },
  { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
];

beforeAll(async () => {
  namespace = await TestNamespace.create('remote-url');
  account = await Account.create(namespace.name);
  await expose({ type: 'LoadBalancer' });
  gitkube = await Gitkube.start({ GITKUBE_SERVICE: `${namespace.name}/gitkube` });
  await giveTo(gitkube.name, namespace.name);
  for (const name of ['one', 'two']) await apply('gitkube.sh/v1alpha1', 'Remote', name, {});
});
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await account[Symbol.asyncDispose]();
  await namespace[Symbol.asyncDispose]();
});

function apply(apiVersion: string, kind: string, name: string, spec: object): Promise<string> {
  const object = { apiVersion, kind, metadata: { name, namespace: namespace.name }, spec };
  return mustKubectl(['apply', '-f', '-'], object);
}

function expose(spec: { readonly type: string; readonly [field: string]: unknown }): Promise<string> {
  const hasNodePort = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const ports = [{ name: 'ssh', port: 2222, ...(hasNodePort && { nodePort }) }];
  return apply('v1', 'Service', 'gitkube', { ports, ...spec });
}

const kubectl = (...args: string[]) => mustKubectl(['-n', namespace.name, ...args]);

interface Status {
  remoteUrl: string;
  remoteUrlDesc: string;
  conditions: { type: string; status: string; reason: string; message: string }[];
}

async function status(name: string): Promise<Status> {
  const path = `/apis/gitkube.sh/v1alpha1/namespaces/${namespace.name}/remotes/${name}`;
  return (JSON.parse(await callApi('GET', path)) as { status: Status }).status;
}

/** Both Remotes say so soon, without anything that would make the server look. */
async function bothSay(url: (name: string) => string, reason?: string): Promise<Status> {
  return eventually(async () => {
    const [one, two] = [await status('one'), await status('two')];
    const reasons = [one, two].map(({ conditions }) => conditions.find(({ type }) => type === 'Addressable')?.reason);
    const all =
      one.remoteUrl === url('one') && two.remoteUrl === url('two') && reasons.every((found) => found === reason);
    return all && one;
  });
}

const at = (address: string) => (name: string) => `ssh://git@${address}/${namespace.name}/${name}`;
const nowhere = () => '';

describe('the URL in the status follows the Service', () => {
  it('while a load balancer has no address: the status says why, and the Remote is ready all the same', async () => {
    const { remoteUrlDesc, conditions } = await bothSay(nowhere, 'NoLoadBalancerAddress');
    expect(remoteUrlDesc).toBe('gitkube service of type LoadBalancer has no available IP/hostnames');
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Addressable', status: 'False' }));
  });

  it.each([
    ['an IP', { ip: '203.0.113.7' }, '203.0.113.7:2222'],
    ['an IPv6', { ip: '2001:db8::7' }, '[2001:db8::7]:2222'],
    ['a hostname', { hostname: 'git.example.com' }, 'git.example.com:2222'],
  ])('when it gets %s', async (_, ingress, address) => {
    const change = JSON.stringify({ status: { loadBalancer: { ingress: [ingress] } } });
    await kubectl('patch', 'service', 'gitkube', '--subresource=status', '--type=merge', '-p', change);
    await bothSay(at(address));
  });

  it('when it becomes a NodePort: a node and its port', async () => {
    const nodes = JSON.parse(await mustKubectl(['get', 'nodes', '-o', 'json'])) as {
      items: { status: { addresses: { type: string; address: string }[] } }[];
    };
    const internal = nodes.items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
    await expose({ type: 'NodePort' });
    await bothSay(at(`${internal}:${nodePort}`));
  });

  it('when it has external IPs on port 22: no port in the URL', async () => {
    await expose({ type: 'ClusterIP', externalIPs: ['192.0.2.9'], ports: [{ name: 'ssh', port: 22 }] });
    await bothSay(at('192.0.2.9'));
  });

  it('when it is for the cluster alone, is deleted, and created again', async () => {
    await expose({ type: 'ClusterIP', externalIPs: [] });
    expect((await bothSay(nowhere, 'NotExposed')).remoteUrlDesc).toContain('cannot be accessed from outside cluster');
    await kubectl('delete', 'service', 'gitkube');
    expect((await bothSay(nowhere, 'ServiceUnknown')).remoteUrlDesc).toContain('there is no Service');
    await expose({ type: 'ExternalName', externalName: 'git.example.org' });
    await bothSay(at('git.example.org:2222'));
  });

  it('without the right to list nodes: the status says what to set', async () => {
    await gitkube.stop();
    await account.allow(namespace.name, served);
    await expose({ type: 'NodePort', externalName: null });
    await gitkube.start({ GITKUBE_KUBECONFIG: account.kubeconfig, GITKUBE_NAMESPACES: namespace.name });
    const { remoteUrlDesc } = await bothSay(nowhere, 'NodeAddressUnknown');
    expect(remoteUrlDesc).toContain('manually configure remote for gitkube service of type NodePort');
    expect(remoteUrlDesc).toContain(`GITKUBE_PUBLIC_ADDRESS=<host>:${nodePort}`);
  });
});
