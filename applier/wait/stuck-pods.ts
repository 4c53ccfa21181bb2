import { count } from '../../base/text.ts';
import type { AnyObject, Kube, V1Pod, Watch } from '../../kube/kube.ts';

/** What keeps a container from starting and does not pass without somebody who changes something. */
const reasons = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RegistryUnavailable',
  'RunContainerError',
  'SignatureValidationFailed',
]);

/** The pods of the Jobs of a namespace, watched with the rights that Gitkube has for every pod. */
export class JobPods implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #watch: Watch<V1Pod>;

  /** @param onChange called when something may have changed */
  constructor(kube: Pick<Kube, 'watch'>, namespace: string, onChange: () => void) {
    const collection = {
      path: `/api/v1/namespaces/${namespace}/pods`,
      labelSelector: 'batch.kubernetes.io/job-name',
    };
    this.#watch = kube.watch<V1Pod>(collection, { upsert: onChange, remove: onChange }, this.#stop.signal);
  }

  /**
   * Why a Job gets no further: none of its pods that have not ended can start. One that cannot does not count against
   * backoffLimit, and the Job makes no other in its place; but while another pod runs, or may find a node, the Job
   * goes on. Undefined: nothing is known to keep it from that.
   */
  stuck(uid: string | undefined): string | undefined {
    const open = [...this.#watch.objects.values()].filter(({ metadata, status }) => {
      const isOwn = metadata?.ownerReferences?.some((owner) => owner.uid === uid);
      const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
      return isOwn && !hasEnded && !metadata?.deletionTimestamp;
    });
    if (open.length === 0 || !open.every(cannotStart)) return undefined;
    return open.length === 1 ? 'its pod cannot start' : `its ${count(open.length, 'pod')} cannot start`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch[Symbol.asyncDispose]();
  }
}

/** One of its containers cannot start, so it does not come to an end whatever the others do. */
export function cannotStart({ status }: V1Pod | AnyObject): boolean {
  const { initContainerStatuses = [], containerStatuses = [] } = (status ?? {}) as NonNullable<V1Pod['status']>;
  return [...initContainerStatuses, ...containerStatuses].some(({ state }) =>
    reasons.has(state?.waiting?.reason ?? ''),
  );
}
