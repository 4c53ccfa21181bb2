import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../../base/clock.ts';
import { plain } from '../../../base/text.ts';
import { IssuerKeys, KeysUnavailable } from './issuer-keys.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** What a token is worth, before anybody is asked who trusts it. */
export type Verified =
  | { readonly kind: 'valid'; readonly issuer: string; readonly claims: Claims }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** The issuer has to be asked, and does not answer. */
  | { readonly kind: 'unknown'; readonly problem: string };

/** RFC 8725, section 3.1: nothing symmetric, whose key would be a public one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const clockTolerance = '30 s';

/** What a token says of itself, before anything of it is verified. */
export interface Unverified {
  readonly issuer: string;
  /** It has the claim that those of ServiceAccounts have. */
  readonly isOfAccount: boolean;
}

/** @returns undefined: it is no JWT (RFC 7519) that names an issuer */
export function peek(token: string): Unverified | undefined {
  try {
    const { iss, ...claims } = decodeJwt(token);
    return iss === undefined ? undefined : { issuer: iss, isOfAccount: Object.hasOwn(claims, 'kubernetes.io') };
  } catch {
    return undefined;
  }
}

/** Those whose tokens Remotes may trust. Their keys are fetched, and so nobody but the operator names them. */
export class Issuers {
  readonly #keys: ReadonlyMap<string, IssuerKeys>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(issuers: readonly string[], clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#keys = new Map(issuers.map((issuer) => [issuer, new IssuerKeys(issuer, clock)]));
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
  if (thrown instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not accepted';
  if (thrown instanceof errors.JWTClaimValidationFailed)
    return `its claim ${plain(thrown.claim, 40)} is missing or wrong`;
  return 'it cannot be read';
}
