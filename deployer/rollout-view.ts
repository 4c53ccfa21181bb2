import type { Kube, KubeEvent, KubeObject, V1Deployment, V1Pod, V1ReplicaSet, Watch } from '../kube/kube.ts';
import { Bell } from './bell.ts';
import type { Sight } from './judge.ts';
import { selectorText } from './selector.ts';

/** One Deployment with its ReplicaSets, its pods and the warnings about them, as watched. Its owner disposes of it. */
export class RolloutView implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #bell = new Bell();
  readonly #deployments: Watch<V1Deployment>;
  readonly #sets: Watch<V1ReplicaSet>;
  readonly #pods: Watch<V1Pod>;
  readonly #events: Watch<KubeEvent>;
  #isSynced = false;

  /** @param deployment as read just now: its selector never changes, and is what finds its pods. */
  constructor(kube: Kube, namespace: string, deployment: V1Deployment) {
    const watch = <T extends KubeObject>(path: string, filter: { fieldSelector?: string; labelSelector?: string }) => {
      const ring = () => this.#bell.ring();
      return kube.watch<T>({ path, ...filter }, { upsert: ring, remove: ring }, this.#stop.signal);
    };
    const labelSelector = selectorText(deployment.spec?.selector);
    const fieldSelector = `metadata.name=${deployment.metadata?.name}`;
    this.#deployments = watch(`/apis/apps/v1/namespaces/${namespace}/deployments`, { fieldSelector });
    this.#sets = watch(`/apis/apps/v1/namespaces/${namespace}/replicasets`, { labelSelector });
    this.#pods = watch(`/api/v1/namespaces/${namespace}/pods`, { labelSelector });
    this.#events = watch(`/api/v1/namespaces/${namespace}/events`, {
      fieldSelector: 'involvedObject.kind=Pod,type=Warning',
    });
    // Warnings only make the lines better: a missing right to watch them holds nothing up.
    this.#events.synced.catch(() => {});
    Promise.all([this.#deployments.synced, this.#sets.synced, this.#pods.synced]).then(
      () => {
        this.#isSynced = true;
        this.#bell.ring();
      },
      () => {},
    );
  }

  /** What is known now; undefined until everything was listed once. */
  get sight(): Sight | undefined {
    if (!this.#isSynced) return undefined;
    const [deployment] = this.#deployments.objects.values();
    return {
      deployment,
      sets: [...this.#sets.objects.values()],
      pods: [...this.#pods.objects.values()],
      warnings: [...this.#events.objects.values()],
    };
  }

  /** False: the API server does not answer, and what is known may be old. */
  get healthy(): boolean {
    return this.#isSynced && this.#deployments.healthy && this.#pods.healthy && this.#sets.healthy;
  }

  /** Resolves when `sight` may have changed since the last time. */
  changed(): Promise<void> {
    return this.#bell.wait();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(
      [this.#deployments, this.#sets, this.#pods, this.#events].map((one) => one[Symbol.asyncDispose]()),
    );
  }
}
