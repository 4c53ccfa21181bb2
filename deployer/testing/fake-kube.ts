import { GitkubeError } from '../../base/errors.ts';
import type {
  Collection,
  JsonPatch,
  Kube,
  KubeEvent,
  KubeObject,
  V1Pod,
  V1ReplicaSet,
  Watch,
  WatchHandler,
  WorkloadKind,
  WorkloadOf,
} from '../../kube/kube.ts';
import type { ContainerStatus } from '../pods/pods.ts';
import { containersOf } from '../workload/containers.ts';
import { applyPatch } from './json-patch.ts';
import { containerStatus, ended, makePod, makeReplicaSet, waitingFor } from './objects.ts';

/** What a real API server cannot be made to show on demand; each is used up by one patch. */
export type PatchFault = 'none' | 'answer lost' | 'no answer' | 'refused' | 'forbidden' | 'changed since';

/** How the pods of a version do: `runs again` after one crash. */
export type Course = 'crash' | 'hang' | 'runs' | 'runs again';

const courses: readonly Course[] = ['crash', 'hang'];

/**
 * Deployments whose controller rolls out in no time: an image `crash…` makes a pod that crashes, `hang…` one that does not
 * get ready, and every other image runs.
 */
export class FakeKube
  implements
    Pick<
      Kube,
      'getWorkload' | 'workloadNames' | 'patchWorkload' | 'deletePod' | 'listPods' | 'listEvents' | 'podLog' | 'watch'
    >
{
  readonly deployments = new Map<string, WorkloadOf<'Deployment'>>();
  readonly patchFaults = new Map<string, PatchFault[]>();
  readonly patches: string[] = [];
  /** False: watches get their first list and nothing after it. */
  watchesWork = true;
  watchesHealthy = true;
  openWatches = 0;
  readonly #pods = new Map<string, V1Pod>();
  readonly #rings = new Set<() => void>();

  add(name: string, deployment: WorkloadOf<'Deployment'>): void {
    this.deployments.set(name, { ...deployment, metadata: { ...deployment.metadata, name, uid: `uid-${name}` } });
  }

  image(name: string): string | undefined {
    const deployment = this.deployments.get(name);
    return deployment && containersOf(deployment).get('app')?.image;
  }

  async getWorkload(kind: WorkloadKind, _namespace: string, name: string) {
    if (kind !== 'Deployment') return undefined;
    return this.deployments.get(name);
  }

  async workloadNames() {
    return [...this.deployments.keys()];
  }

  async patchWorkload(_kind: WorkloadKind, _namespace: string, name: string, patch: JsonPatch) {
    this.patches.push(name);
    const fault = this.patchFaults.get(name)?.shift();
    if (fault === 'no answer') throw new GitkubeError('ClusterUnavailable', 'no answer');
    if (fault === 'refused') throw new GitkubeError('PatchRefused', 'a policy says no');
    if (fault === 'forbidden') throw new GitkubeError('ClusterForbidden', 'may not patch deployments');
    const before = this.deployments.get(name);
    const after = before && applyPatch(before, patch);
    if (!after || fault === 'changed since') throw new GitkubeError('WorkloadChanged', 'a test did not hold');
    this.#rollOut(name, after);
    if (fault === 'answer lost') throw new GitkubeError('ClusterUnavailable', 'connection reset');
    return this.deployments.get(name) ?? after;
  }

  async deletePod(): Promise<void> {}

  async listPods(): Promise<V1Pod[]> {
    return [...this.#pods.values()];
  }

  async listEvents(): Promise<KubeEvent[]> {
    return [];
  }

  async podLog(): Promise<string[]> {
    return ['no database'];
  }

  watch<T extends KubeObject>(collection: Collection, handler: WatchHandler<T>): Watch<T> {
    const ring = () => this.watchesWork && handler.upsert(undefined as never);
    const first = this.watchesWork ? undefined : this.#collection(collection);
    const objects = () => first ?? this.#collection(collection);
    const healthy = () => this.watchesHealthy;
    this.#rings.add(ring);
    this.openWatches++;
    return {
      synced: Promise.resolve(),
      restarts: 0,
      get healthy() {
        return healthy();
      },
      get objects() {
        return objects() as ReadonlyMap<string, KubeObject> as ReadonlyMap<string, T>;
      },
      [Symbol.asyncDispose]: async () => {
        this.#rings.delete(ring);
        this.openWatches--;
      },
    };
  }

  #collection({ path, fieldSelector = '' }: Collection): Map<string, KubeObject> {
    const name = fieldSelector.replace('metadata.name=', '');
    if (path.endsWith('/deployments')) {
      const deployment = this.deployments.get(name);
      return new Map(deployment ? [[name, deployment]] : []);
    }
    if (path.endsWith('/pods')) return new Map(this.#pods);
    return new Map(path.endsWith('/replicasets') ? this.#sets() : []);
  }

  #sets(): [string, V1ReplicaSet][] {
    return [...this.deployments.values()].map((deployment) => {
      const { name = '', uid = '' } = deployment.metadata ?? {};
      const set = makeReplicaSet('1', `${name}-1`);
      const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid }];
      return [name, { ...set, metadata: { ...set.metadata, ownerReferences } }];
    });
  }

  /** What becomes of the pods of a Deployment, whatever its image. */
  become(name: string, course: Course): void {
    const deployment = this.deployments.get(name);
    if (deployment) this.#show(name, deployment, course);
  }

  #rollOut(name: string, patched: WorkloadOf<'Deployment'>): void {
    const generation = (patched.metadata?.generation ?? 0) + 1;
    const status = { ...patched.status, observedGeneration: generation };
    const image = containersOf(patched).get('app')?.image ?? '';
    const [course = 'runs'] = courses.filter((one) => image.startsWith(one));
    this.#show(name, { ...patched, metadata: { ...patched.metadata, generation }, status }, course);
  }

  #show(name: string, deployment: WorkloadOf<'Deployment'>, course: Course): void {
    const ready = course.startsWith('runs');
    const readiness = ready ? { readyReplicas: 1, availableReplicas: 1 } : { readyReplicas: 0, availableReplicas: 0 };
    this.deployments.set(name, { ...deployment, status: { ...deployment.status, ...readiness } });
    const statuses = statusOf[course];
    const options = { name: `${name}-1-abc`, set: `${name}-1`, ready, probe: true };
    this.#pods.set(name, makePod({ ...options, ...(statuses && { statuses: [statuses] }) }));
    for (const ring of this.#rings) ring();
  }
}

const lasted = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:06Z' };

const statusOf: Partial<Record<Course, ContainerStatus>> = {
  crash: containerStatus({ state: waitingFor('CrashLoopBackOff'), restartCount: 1, lastState: ended(3) }),
  'runs again': containerStatus({
    state: { running: {} },
    ready: true,
    restartCount: 1,
    lastState: ended(8, lasted),
  }),
};
