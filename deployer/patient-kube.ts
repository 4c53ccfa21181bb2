import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type RetryOptions, retry } from '../base/retry.ts';
import type { JsonPatch, Kube, KubeEvent, V1Pod, Workload } from '../kube/kube.ts';
import type { WorkloadId } from './workload/workload.ts';

/**
 * The calls of the deployer, each one asked again while the API server does not answer: about 40 s, longer than a
 * control plane takes to restart. `WorkloadChanged` is an answer, not an outage, and comes at once.
 */
export class PatientKube {
  readonly #kube: Kube;
  readonly #retry: RetryOptions;

  constructor(kube: Kube, clock: Clock, log: Logger, signal?: AbortSignal) {
    this.#kube = kube;
    const onRetry = (error: GitkubeError, attempt: number) =>
      log.warn({ reason: error.reason, message: error.message, attempt }, 'the cluster did not answer, asking again');
    this.#retry = { clock, tries: 14, firstMs: 200, maxMs: 5000, onRetry, ...(signal ? { signal } : {}) };
  }

  getWorkload({ kind, namespace, name }: WorkloadId): Promise<Workload | undefined> {
    return retry(() => this.#kube.getWorkload(kind, namespace, name), this.#retry);
  }

  listPods(namespace: string, labelSelector: string): Promise<V1Pod[]> {
    return retry(() => this.#kube.listPods(namespace, labelSelector), this.#retry);
  }

  /** Undefined: a `test` of the patch did not hold. */
  async patchWorkload({ kind, namespace, name }: WorkloadId, patch: JsonPatch): Promise<Workload | undefined> {
    return retry(async () => {
      try {
        return await this.#kube.patchWorkload(kind, namespace, name, patch);
      } catch (thrown) {
        if (thrown instanceof GitkubeError && thrown.reason === 'WorkloadChanged') return undefined;
        throw thrown;
      }
    }, this.#retry);
  }

  deletePod(namespace: string, name: string, uid: string): Promise<void> {
    return retry(() => this.#kube.deletePod(namespace, name, uid), this.#retry);
  }

  /** Evidence is worth a few tries and never an error of its own. */
  async listEvents(namespace: string, uid: string): Promise<KubeEvent[]> {
    return this.#kube.listEvents(namespace, uid).catch(() => []);
  }

  podLog(namespace: string, pod: string, container: string, previous: boolean): Promise<string[]> {
    return this.#kube.podLog(namespace, pod, { container, previous, tailLines: 20 }).catch(() => []);
  }
}
