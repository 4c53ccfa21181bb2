import type { Clock } from '../../../base/clock.ts';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import type { Kube } from '../../../kube/index.ts';

/** For whom a ServiceAccount's token has to be made, so that none of it is good for the API server, and none of that for this. */
export const accountAudience = 'gitkube';

/** Whose token it is, as the API server says. */
export type Reviewed =
  /** `namespace/name` */
  | { readonly kind: 'valid'; readonly account: string }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'unknown'; readonly problem: string };

export interface ServiceAccountsOptions {
  readonly kube: Pick<Kube, 'reviewToken'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Anybody can make the server ask. */
const atOnce = 8;
const waitMs = 10_000;
const username = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** ServiceAccounts of the cluster, each proven by a token that the API server is asked about. */
export class ServiceAccounts {
  readonly #options: ServiceAccountsOptions;
  readonly #turns = new Semaphore(atOnce);

  constructor(options: ServiceAccountsOptions) {
    this.#options = options;
  }

  async review(token: string): Promise<Reviewed> {
    const { kube, clock, log } = this.#options;
    const over = new AbortController();
    const late = clock.delay(waitMs, over.signal).then(
      () => over.abort(),
      () => {},
    );
    try {
      const done = await this.#turns.acquire(over.signal);
      const reviewed = await kube.reviewToken(token, accountAudience).finally(done);
      if ('problem' in reviewed) return { kind: 'invalid', problem: reviewed.problem };
      const [, namespace, name] = username.exec(reviewed.username) ?? [];
      if (namespace === undefined) return { kind: 'invalid', problem: 'it is of no ServiceAccount' };
      return { kind: 'valid', account: `${namespace}/${name}` };
    } catch (thrown) {
      if (over.signal.aborted) return { kind: 'unknown', problem: 'too many tokens are being checked' };
      const error = asGitkubeError(thrown);
      log.error({ err: error }, 'the token of a ServiceAccount could not be checked');
      return { kind: 'unknown', problem: 'the API server cannot be asked whose token it is' };
    } finally {
      over.abort();
      await late;
    }
  }
}
