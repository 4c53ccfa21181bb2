import type { Clock } from '../../../base/clock.ts';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { retry } from '../../../base/retry.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import type { Kube } from '../../../kube/index.ts';
import { accountAudience } from './issuers.ts';

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
const tries = { tries: 3, firstMs: 100, maxMs: 1000 };
const username = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** ServiceAccounts of the cluster, each proven by a token that the API server is asked about. */
export class ServiceAccounts {
  readonly #options: ServiceAccountsOptions;
  readonly #turns = new Semaphore(atOnce);

  constructor(options: ServiceAccountsOptions) {
    this.#options = options;
  }

  /** @param asker each gets its share of the places, such as an address */
  async review(token: string, asker: string): Promise<Reviewed> {
    const done = await this.#takePlace(asker);
    if (!done) return { kind: 'unknown', problem: 'too many tokens are being checked' };
    const { kube, clock, log } = this.#options;
    try {
      // To ask twice changes nothing, and a connection that was kept may be gone.
      const reviewed = await retry(() => kube.reviewToken(token, accountAudience), { clock, ...tries });
      if ('username' in reviewed) return accountOf(reviewed.username);
      log.info({ why: reviewed.problem }, 'the API server does not accept the token of a ServiceAccount');
      return { kind: 'invalid', problem: `the API server does not accept it for the audience ${accountAudience}` };
    } catch (thrown) {
      log.error({ err: asGitkubeError(thrown) }, 'the token of a ServiceAccount could not be checked');
      return { kind: 'unknown', problem: 'the API server cannot be asked whose token it is' };
    } finally {
      done();
    }
  }

  /** @returns what gives it back; undefined: none was free in time */
  async #takePlace(asker: string): Promise<(() => void) | undefined> {
    const over = new AbortController();
    const late = this.#options.clock.delay(waitMs, over.signal).then(
      () => over.abort(),
      () => {},
    );
    try {
      return await this.#turns.acquire(over.signal, asker);
    } catch {
      return undefined;
    } finally {
      over.abort();
      await late;
    }
  }
}

function accountOf(user: string): Reviewed {
  const [, namespace, name] = username.exec(user) ?? [];
  if (namespace === undefined) return { kind: 'invalid', problem: 'it is of no ServiceAccount' };
  return { kind: 'valid', account: `${namespace}/${name}` };
}
