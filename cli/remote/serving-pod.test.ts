import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin, V1Pod } from '../../kube/index.ts';
import { servingPod } from './serving-pod.ts';

const forbidden = new GitkubeError('ClusterForbidden', 'you may not list deployments', { hint: 'kubectl auth can-i' });

interface Cluster {
  /** Namespaces of servers. */
  readonly servers?: readonly string[];
  readonly pods?: readonly V1Pod[];
  /** Only these namespaces may be looked into. */
  readonly mayLook?: readonly string[];
}

function admin({ servers = ['gitkube'], pods = [], mayLook }: Cluster): KubeAdmin {
  const listObjects = async (path: string) => {
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    if (mayLook && !mayLook.includes(namespace ?? '')) throw forbidden;
    if (path.endsWith('/pods')) return pods;
    const here = servers.filter((one) => namespace === undefined || one === namespace);
    return here.map((one) => ({
      metadata: { namespace: one, name: 'server' },
      spec: { selector: { matchLabels: {} } },
    }));
  };
  return { listObjects } as unknown as KubeAdmin;
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
    const found = await servingPod(admin({ servers: ['shop'], pods }), undefined);
    expect(found).toEqual({ namespace: 'shop', pod: 'old', container: 'server' });
  });

  it.each<[string, Cluster, string | undefined, string, string]>([
    ['no server', { servers: [] }, undefined, 'there is no server of Gitkube in this cluster', 'gitkube install'],
    ['no server there', {}, 'shop', 'there is no server of Gitkube in namespace shop', 'another --server-namespace'],
    [
      'two servers',
      { servers: ['a', 'b'] },
      undefined,
      '2 servers of Gitkube are in this cluster',
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
    const thrown = await servingPod(admin(cluster), namespace).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: expect.stringContaining(message) });
    expect((thrown as GitkubeError).hint.join('\n')).toContain(hint);
  });

  it('is found in the usual namespace by those who may look there alone', async () => {
    const pods = [pod('one', { age: 1, isReady: true })];
    expect((await servingPod(admin({ pods, mayLook: ['gitkube'] }), undefined)).pod).toBe('one');
  });
});
