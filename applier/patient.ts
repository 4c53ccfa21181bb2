import type { Clock } from '../base/clock.ts';
import { asGitkubeError, type GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { retry } from '../base/retry.ts';
import type { Kube } from '../kube/kube.ts';

/** What every step is given. */
export interface Environment {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Asks again while the API server does not answer: about 40 s, longer than a control plane takes to restart. */
export function patiently<T>({ clock, log }: Environment, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const onRetry = (error: GitkubeError, attempt: number) =>
    log.warn({ reason: error.reason, message: error.message, attempt }, 'the cluster did not answer, asking again');
  return retry(work, { clock, tries: 14, firstMs: 200, maxMs: 5000, onRetry, ...(signal ? { signal } : {}) });
}

/**
 * The same for a change that holds only for the object as it was read. That somebody else has changed it since is an
 * answer: sent again, the change would be refused again, and the object has to be read first.
 */
export async function patientlyOnce<T>(env: Environment, change: () => Promise<T>): Promise<T> {
  const answer = await patiently(env, () =>
    change().then(
      (value) => ({ value }),
      (thrown: unknown) => {
        if (asGitkubeError(thrown).reason !== 'WorkloadChanged') throw thrown;
        return { changed: thrown };
      },
    ),
  );
  if ('changed' in answer) throw answer.changed;
  return answer.value;
}
