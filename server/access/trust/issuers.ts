import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { plain } from '../../../base/text.ts';
import { IssuerKeys, KeysUnavailable } from './issuer-keys.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** What a token is worth, before anybody is asked who trusts it. */
export type Verified =
  | { readonly kind: 'valid'; readonly issuer: string; readonly claims: Claims }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** The issuer has to be asked, and does not answer. */
  | { readonly kind: 'unknown'; readonly problem: string };

export interface IssuersParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: Logger;
}

/** RFC 8725, section 3.1: nothing symmetric, whose key would be a public one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const clockTolerance = '30 s';

/** What a token says of itself, before anything of it is verified. */
export interface Unverified {
  readonly issuer: string;
  /** It says that it is of a ServiceAccount, for us, and not over: worth to ask the API server about. */
  readonly isOfAccount: boolean;
}

/** @returns undefined: it is no JWT (RFC 7519) that names an issuer */
export function peek(token: string, now: number): Unverified | undefined {
  try {
    // What somebody has put there may be anything.
    const claims: Claims = decodeJwt(token);
    const { iss, aud, exp } = claims;
    if (typeof iss !== 'string') return undefined;
    const isForUs = [aud].flat().includes(accountAudience) && typeof exp === 'number' && exp * 1000 > now;
    return { issuer: iss, isOfAccount: isForUs && Object.hasOwn(claims, 'kubernetes.io') };
  } catch {
    return undefined;
  }
}

/** For whom a ServiceAccount's token has to be made: so none of it is good for the API server, and none of that for this. */
export const accountAudience = 'gitkube';

/** Those whose tokens Remotes may trust. Their keys are fetched, and so nobody but the operator names them. */
export class Issuers {
  readonly #keys: ReadonlyMap<string, IssuerKeys>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(issuers: readonly string[], { clock, log }: IssuersParts) {
    this.#keys = new Map(issuers.map((issuer) => [issuer, new IssuerKeys(issuer, { clock, log })]));
    this.#clock = clock;
  }

  has(issuer: string): boolean {
    return this.#keys.has(issuer);
  }

  /** Its signature and its time, not for whom it is: that is for a Remote to say. @param issuer one of them */
  async verify(issuer: string, token: string): Promise<Verified> {
    const keys = this.#keys.get(issuer);
    if (!keys) return { kind: 'invalid', problem: `this server takes no tokens of ${plain(issuer, 200)}` };
    try {
      const options = { issuer, algorithms, clockTolerance, requiredClaims: ['exp', 'aud'] };
      const { payload } = await jwtVerify(token, keys.find, { ...options, currentDate: new Date(this.#clock.now()) });
      return { kind: 'valid', issuer, claims: payload satisfies JWTPayload };
    } catch (thrown) {
      if (thrown instanceof KeysUnavailable) return { kind: 'unknown', problem: `${issuer}: ${thrown.message}` };
      return { kind: 'invalid', problem: problemOf(thrown) };
    }
  }
}

function problemOf(thrown: unknown): string {
  if (thrown instanceof errors.JWTExpired) return 'it has expired';
  if (thrown instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (thrown instanceof errors.JWKSNoMatchingKey) return 'it is signed by no key of its issuer';
  if (thrown instanceof errors.JWKSMultipleMatchingKeys) return 'it does not say by which key it is signed';
  if (thrown instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not accepted';
  if (thrown instanceof errors.JWTClaimValidationFailed)
    return `its claim ${plain(thrown.claim, 40)} is missing or wrong`;
  return 'it cannot be read';
}
