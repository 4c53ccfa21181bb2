import { plain } from '../base/text.ts';
import type { AnyObject, Kube, V1Pod, Watch } from '../kube/kube.ts';

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

  /** @param ring called when something may have changed */
  constructor(kube: Pick<Kube, 'watch'>, namespace: string, ring: () => void) {
    const collection = {
      path: `/api/v1/namespaces/${namespace}/pods`,
      labelSelector: 'batch.kubernetes.io/job-name',
    };
    this.#watch = kube.watch<V1Pod>(collection, { upsert: ring, remove: ring }, this.#stop.signal);
  }

  /** Why no container of a Job can start; undefined: nothing is known to keep it from that. */
  stuck(uid: string | undefined): string | undefined {
    const own = [...this.#watch.objects.values()].filter((pod) =>
      pod.metadata?.ownerReferences?.some((owner) => owner.uid === uid),
    );
    return own.map(stuckWords).find((words) => words !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch[Symbol.asyncDispose]();
  }
}

export function stuckWords(pod: V1Pod | AnyObject): string | undefined {
  const { status } = pod as V1Pod;
  for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { reason, message } = state?.waiting ?? {};
    if (reason !== undefined && reasons.has(reason)) {
      return `container ${name} cannot start: ${plain(message || reason, 500)}`;
    }
  }
  return undefined;
}
