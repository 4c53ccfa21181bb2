import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin, V1Pod } from '../../kube/index.ts';
import { servingPod } from './serving-pod.ts';

const forbidden = new GitkubeError('ClusterForbidden', 'you may not list deployments', { hint: 'kubectl auth can-i' });

interface Cluster {
  /** Namespaces of servers. */
  readonly servers?: readonly string[];
  /** Their names, by namespace. */
  readonly names?: Readonly<Record<string, string>>;
  /** Of each server, or by namespace. */
  readonly pods?: readonly V1Pod[] | Readonly<Record<string, readonly V1Pod[]>>;
  /** Who serves namespace shop, and the host of that. */
  readonly holder?: readonly [name: string, host: string];
  /** Only these namespaces may be looked into. */
  readonly mayLook?: readonly string[];
}

function admin({ servers = ['gitkube'], names = {}, pods = [], holder, mayLook }: Cluster): KubeAdmin {
  const listObjects = async (path: string) => {
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    if (mayLook && !mayLook.includes(namespace ?? '')) throw forbidden;
    if (path.endsWith('/leases')) return holder && namespace === 'shop' ? [lease(...holder)] : [];
    if (path.endsWith('/pods')) return Array.isArray(pods) ? pods : (pods as Record<string, V1Pod[]>)[namespace ?? ''];
    const here = servers.filter((one) => namespace === undefined || one === namespace);
    return here.map((one) => ({
      metadata: { namespace: one, name: 'server' },
      spec: { selector: { matchLabels: {} }, template: templateOf(names[one]) },
    }));
  };
  return { listObjects } as unknown as KubeAdmin;
}

function templateOf(name: string | undefined) {
  const env = name === undefined ? [] : [{ name: 'GITKUBE_SERVER_NAME', value: name }];
  return { spec: { containers: [{ name: 'server', env }] } };
}

function lease(holderIdentity: string, host: string) {
  const annotations = { 'gitkube.sh/host': host, 'gitkube.sh/host-of': holderIdentity };
  return { metadata: { name: 'gitkube', namespace: 'shop', annotations }, spec: { holderIdentity } };
}

/** A pod of the server. @param age the newest is 1 */
function pod(
  name: string,
  { age, isReady, isLeaving = false }: { age: number; isReady: boolean; isLeaving?: boolean },
) {
  return {
    metadata: {
      name,
      creationTimestamp: new Date(Date.UTC(2026, 1, 28 - age)),
      ...(isLeaving && { deletionTimestamp: new Date() }),
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'server', ready: isReady, restartCount: 0, started: isReady, state: { running: {} } },
      ],
    },
  } as unknown as V1Pod;
}

describe('the pod that takes commands', () => {
  it('is the one that is ready, while one replaces another', async () => {
    const pods = [
      pod('leaves', { age: 3, isReady: true, isLeaving: true }),
      pod('old', { age: 2, isReady: true }),
      pod('new', { age: 1, isReady: false }),
    ];
    const found = await servingPod(admin({ servers: ['shop'], pods }), undefined, undefined);
    expect(found).toEqual({ namespace: 'shop', pod: 'old', container: 'server' });
  });

  it.each<[string, Cluster, string | undefined, string, string]>([
    [
      'no server',
      { servers: [] },
      undefined,
      'there is no server of Gitkube in this cluster',
      'gitkube install --image <image>',
    ],
    [
      'no server there',
      {},
      'shop',
      'there is no server of Gitkube in namespace shop',
      'or name another namespace with --server-namespace',
    ],
    [
      'two servers',
      { servers: ['a', 'b'] },
      undefined,
      '2 servers of Gitkube are in this cluster',
      'choose one: --server-namespace a, --server-namespace b',
    ],
    [
      'two servers in one namespace',
      { servers: ['a', 'a'] },
      undefined,
      '2 servers of Gitkube are in this cluster',
      'to see which one serves namespace shop, type: kubectl -n shop get lease gitkube -o yaml',
    ],
    [
      'a server that is not in the cluster',
      { servers: [], holder: ['laptop-1', 'laptop'] },
      undefined,
      'there is no server of Gitkube in this cluster, and namespace shop is served by laptop-1 (on laptop)',
      'to see the address of a server that is elsewhere, type: kubectl -n shop get remotes',
    ],
    [
      'two servers, neither of which serves the Remote',
      { servers: ['a', 'b'], holder: ['laptop-1', 'laptop'], pods: [] },
      undefined,
      '2 servers of Gitkube are in this cluster, and namespace shop is served by laptop-1 (on laptop)',
      'choose one: --server-namespace a, --server-namespace b',
    ],
    [
      'nobody who may look for it',
      { servers: ['shop'], mayLook: ['shop'] },
      undefined,
      'you may not list deployments, and none is seen in namespace gitkube',
      'name the namespace of the server: --server-namespace <namespace>',
    ],
    ['no pod', {}, undefined, 'deployment gitkube/server has no pod', 'kubectl -n gitkube describe deploy/server'],
    [
      'a pod that is not ready',
      { pods: [pod('new', { age: 1, isReady: false })] },
      undefined,
      'pod gitkube/new is not ready: ',
      'kubectl -n gitkube describe pod new',
    ],
  ])('is not there with %s', async (_, cluster, namespace, message, hint) => {
    const thrown = await servingPod(admin(cluster), namespace, 'shop').catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: expect.stringContaining(message) });
    expect((thrown as GitkubeError).hint.join('\n')).toContain(hint);
  });

  const two = {
    servers: ['a', 'b'],
    pods: {
      a: [pod('in-a', { age: 1, isReady: true })],
      b: [pod('in-b', { age: 1, isReady: true })],
    },
  };

  it.each<[string, Cluster]>([
    ['names', { ...two, names: { a: 'a/server', b: 'b/server' }, holder: ['b/server', 'one-before'] }],
    ['names in words of its own', { ...two, names: { a: 'test', b: 'production' }, holder: ['production', 'x'] }],
    ['names by its pod', { ...two, holder: ['in-b-0a1b2c3d', 'in-b'] }],
    [
      'names where not every namespace may be looked into',
      {
        ...two,
        servers: ['gitkube', 'b'],
        names: { gitkube: 'gitkube/server', b: 'b/server' },
        holder: ['b/server', 'in-b'],
        mayLook: ['shop', 'gitkube', 'b'],
      },
    ],
  ])('is that of the server which the Lease of the Remote %s', async (_, cluster) => {
    expect((await servingPod(admin(cluster), undefined, 'shop')).pod).toBe('in-b');
  });

  it('is that of the only server where the Lease names another one, which may be gone: the server says who serves', async () => {
    const pods = [pod('one', { age: 1, isReady: true })];
    const gone = admin({ pods, names: { gitkube: 'gitkube/server' }, holder: ['old/server', 'old-pod'] });
    expect((await servingPod(gone, undefined, 'shop')).pod).toBe('one');
  });

  it('is that of the namespace that is named, also where another server holds the Lease', async () => {
    const cluster = { ...two, names: { a: 'a/server', b: 'b/server' }, holder: ['b/server', 'in-b'] } as const;
    expect((await servingPod(admin(cluster), 'a', 'shop')).pod).toBe('in-a');
  });

  it('is found in the usual namespace by those who may look there alone', async () => {
    const pods = [pod('one', { age: 1, isReady: true })];
    expect((await servingPod(admin({ pods, mayLook: ['gitkube'] }), undefined, 'shop')).pod).toBe('one');
  });
});
