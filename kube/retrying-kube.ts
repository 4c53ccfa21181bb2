import type { Clock } from '../base/clock.ts';
import { asGitkubeError, type GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { askedLogLines } from '../base/log-lines.ts';
import { retry } from '../base/retry.ts';
import type { JsonPatch, Kube, KubeEvent, V1Pod } from './kube.ts';
import type { Workload, WorkloadId } from './workload.ts';

/** What calls to the API server need. */
export interface KubeDeps {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
}

type RetryDeps = Pick<KubeDeps, 'clock' | 'log'>;

/** One that takes a call and does not answer holds it up for half a minute, each time. */
const giveUpMs = 45_000;

/**
 * Retries while the API server does not answer: about 40 s, longer than a control plane takes to restart, and a minute
 * where it hangs.
 */
export function retryCall<T>({ clock, log }: RetryDeps, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const onRetry = (error: GitkubeError, attempt: number) =>
    log.warn({ reason: error.reason, message: error.message, attempt }, 'the cluster did not answer, asking again');
  const tries = { tries: 14, firstMs: 200, maxMs: 5000, giveUpMs };
  return retry(call, { clock, ...tries, onRetry, ...(signal ? { signal } : {}) });
}

/**
 * The same for a change that holds only for the object as it was read. That somebody else has changed it since
 * (`WorkloadChanged`) is an answer: sent again, the change would be refused again, and the object has to be read first.
 */
export async function retryChange<T>(deps: RetryDeps, change: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const attempt = () =>
    change().then(
      (value) => ({ value }),
      (thrown: unknown) => {
        if (asGitkubeError(thrown).reason !== 'WorkloadChanged') throw thrown;
        return { changed: thrown };
      },
    );
  const answer = await retryCall(deps, attempt, signal);
  if ('changed' in answer) throw answer.changed;
  return answer.value;
}

/** The calls about workloads and their pods, each of them retried; with a signal, until that aborts. */
export class RetryingKube {
  readonly #deps: KubeDeps;
  readonly #signal: AbortSignal | undefined;

  constructor(deps: KubeDeps, signal?: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  getWorkload({ kind, namespace, name }: WorkloadId): Promise<Workload | undefined> {
    return this.#retry((kube) => kube.getWorkload(kind, namespace, name));
  }

  listPods(namespace: string, labelSelector: string): Promise<V1Pod[]> {
    return this.#retry((kube) => kube.listPods(namespace, labelSelector));
  }

  /** Undefined: a `test` of the patch did not hold. */
  async patchWorkload({ kind, namespace, name }: WorkloadId, patch: JsonPatch): Promise<Workload | undefined> {
    const change = () => this.#deps.kube.patchWorkload(kind, namespace, name, patch);
    try {
      return await retryChange(this.#deps, change, this.#signal);
    } catch (thrown) {
      if (asGitkubeError(thrown).reason === 'WorkloadChanged') return undefined;
      throw thrown;
    }
  }

  deletePod(namespace: string, name: string, uid: string): Promise<void> {
    return this.#retry((kube) => kube.deletePod(namespace, name, uid));
  }

  /** Not retried: without this evidence the error is still true. */
  async listEvents(namespace: string, uid: string): Promise<KubeEvent[]> {
    return this.#deps.kube.listEvents(namespace, uid).catch(() => []);
  }

  /** Not retried, as `listEvents`. */
  podLog(namespace: string, pod: string, container: string, previous: boolean): Promise<string[]> {
    return this.#deps.kube.podLog(namespace, pod, { container, previous, tailLines: askedLogLines }).catch(() => []);
  }

  #retry<T>(call: (kube: Kube) => Promise<T>): Promise<T> {
    return retryCall(this.#deps, () => call(this.#deps.kube), this.#signal);
  }
}
