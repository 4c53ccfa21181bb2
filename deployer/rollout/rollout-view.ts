import { AsyncSignal } from '../../base/async-signal.ts';
import type { Kube, KubeEvent, KubeObject, V1Pod, Watch, Workload, WorkloadKind } from '../../kube/kube.ts';
import { workloadPath } from '../../kube/workload.ts';
import type { Revision } from '../evaluate/new-version.ts';
import type { RolloutState } from '../evaluate/rollout-evaluator.ts';
import { podSelector } from '../workload/selector.ts';

/** What else has to be known to distinguish the new pods from the old ones; the status of a StatefulSet says it. */
const revisionsOf: Partial<Record<WorkloadKind, string>> = {
  Deployment: 'replicasets',
  DaemonSet: 'controllerrevisions',
};

/** One workload with its revisions, its pods and the events about them, as watched. Its owner disposes of it. */
export class RolloutView implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #changes = new AsyncSignal();
  readonly #kind: WorkloadKind;
  readonly #workloads: Watch<Workload>;
  readonly #revisions: Watch<Revision> | undefined;
  readonly #pods: Watch<V1Pod>;
  readonly #watchEvents: (fieldSelector: string) => Watch<KubeEvent>;
  readonly #warnings: Watch<KubeEvent>;
  /** Of one pod. */
  #events: Watch<KubeEvent> | undefined;
  #endings: Promise<unknown> = Promise.resolve();
  #isSynced = false;

  /** @param workload as read just now: its selector never changes, and is what finds its pods. */
  constructor(kube: Kube, namespace: string, workload: Workload) {
    const watch = <T extends KubeObject>(path: string, filter: { fieldSelector?: string; labelSelector?: string }) => {
      const notify = () => this.#changes.notify();
      return kube.watch<T>({ path, ...filter }, { upsert: notify, remove: notify }, this.#stop.signal);
    };
    const { kind } = workload;
    const labelSelector = podSelector(workload);
    const fieldSelector = `metadata.name=${workload.metadata?.name}`;
    const revisions = revisionsOf[kind];
    this.#kind = kind;
    this.#workloads = watch(workloadPath(kind, namespace), { fieldSelector });
    this.#revisions =
      revisions === undefined
        ? undefined
        : watch(`/apis/apps/v1/namespaces/${namespace}/${revisions}`, { labelSelector });
    this.#pods = watch(`/api/v1/namespaces/${namespace}/pods`, { labelSelector });
    this.#watchEvents = (selector) => {
      const events = watch<KubeEvent>(`/api/v1/namespaces/${namespace}/events`, { fieldSelector: selector });
      // They only make the lines better: a missing right to watch them holds nothing up.
      events.synced.catch(() => {});
      return events;
    };
    this.#warnings = this.#watchEvents(eventSelector(kind));
    Promise.all(this.#needed().map(({ synced }) => synced)).then(
      () => {
        this.#isSynced = true;
        this.#changes.notify();
      },
      () => {},
    );
  }

  /** What is known now; undefined until everything was listed once. */
  get state(): RolloutState | undefined {
    if (!this.#isSynced) return undefined;
    const [found] = this.#workloads.objects.values();
    return {
      // Lists leave the kind out of their items.
      workload: found && ({ ...found, kind: this.#kind } as Workload),
      revisions: [...(this.#revisions?.objects.values() ?? [])],
      pods: [...this.#pods.objects.values()],
      events: [...this.#warnings.objects.values(), ...(this.#events?.objects.values() ?? [])],
    };
  }

  /** False: the API server does not answer, and what is known may be old. */
  get healthy(): boolean {
    return this.#isSynced && this.#needed().every(({ healthy }) => healthy);
  }

  /** One pod at a time. */
  follow(pod: V1Pod): void {
    this.#endings = Promise.all([this.#endings, this.#events?.[Symbol.asyncDispose]()]);
    this.#events = this.#watchEvents(`involvedObject.uid=${pod.metadata?.uid}`);
  }

  /** Resolves when `state` may have changed since the last time. */
  changed(): Promise<void> {
    return this.#changes.wait();
  }

  #needed(): Watch<KubeObject>[] {
    return [this.#workloads, this.#pods, ...(this.#revisions ? [this.#revisions] : [])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#needed(), this.#warnings, this.#events].map((one) => one?.[Symbol.asyncDispose]()));
    await this.#endings;
  }
}

/** A Deployment has a condition when its pods cannot be created, the others only an event about themselves. */
function eventSelector(kind: WorkloadKind): string {
  return kind === 'Deployment' ? 'involvedObject.kind=Pod,type=Warning' : 'type=Warning';
}
