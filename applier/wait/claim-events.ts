import { plain } from '../../base/text.ts';
import type { Kube, KubeEvent, Watch } from '../../kube/kube.ts';

/**
 * What the volume controller says of the PersistentVolumeClaims of a namespace. The StorageClass, which the account may
 * not read, decides whether a claim gets its volume at once or with its first pod; only an event says which.
 */
export class ClaimEvents implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #watch: Watch<KubeEvent>;

  /** @param onChange called when something may have changed */
  constructor(kube: Pick<Kube, 'watch'>, namespace: string, onChange: () => void) {
    const path = `/api/v1/namespaces/${namespace}/events`;
    const fieldSelector = 'involvedObject.kind=PersistentVolumeClaim';
    this.#watch = kube.watch<KubeEvent>(
      { path, fieldSelector },
      { upsert: onChange, remove: onChange },
      this.#stop.signal,
    );
  }

  /** The claim gets a volume when a pod is made that mounts it, and no earlier. */
  waitsForPod(uid: string | undefined): boolean {
    return this.#about(uid).some(({ reason }) => reason === 'WaitForFirstConsumer');
  }

  /** Why a claim has no volume; undefined: nobody has said. */
  words(uid: string | undefined): string | undefined {
    const message = this.#about(uid).at(-1)?.message;
    return message ? plain(message, 500) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch[Symbol.asyncDispose]();
  }

  #about(uid: string | undefined): KubeEvent[] {
    return [...this.#watch.objects.values()].filter((event) => event.involvedObject.uid === uid);
  }
}
