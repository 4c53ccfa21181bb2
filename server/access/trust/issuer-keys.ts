import { createLocalJWKSet, createRemoteJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../../base/clock.ts';

/** Why nobody knows whether a signature is right. */
export class KeysUnavailable extends Error {}

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** OpenID Connect Discovery 1.0, section 3. */
const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https$/ }) });

const timeoutMs = 5000;
/** Anybody can ask for them: an issuer that does not answer is not asked each time. */
const failedMs = 10_000;

/**
 * The public keys of one issuer, fetched when they are needed: where they are (OpenID Connect Discovery), and then they
 * themselves (RFC 7517), again after ten minutes and, at most each half minute, for a key that is not among them.
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #keys: Promise<Keys> | undefined;
  #failedUntil = Number.NEGATIVE_INFINITY;

  constructor(issuer: string, clock: Pick<Clock, 'monotonic'>) {
    this.#issuer = issuer;
    this.#clock = clock;
  }

  /** As jose's jwtVerify wants them. @throws KeysUnavailable; JWKSNoMatchingKey and the like of jose */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    const keys = await this.#known();
    try {
      return await keys(header, token);
    } catch (thrown) {
      if (isAboutKey(thrown)) throw thrown;
      const kept = keys.jwks();
      if (!kept) throw new KeysUnavailable(`its keys cannot be fetched (${wordsOf(thrown)})`);
      // An outage of the issuer ends no job: those that were right ten minutes ago are.
      return createLocalJWKSet(kept)(header, token);
    }
  };

  async #known(): Promise<Keys> {
    if (!this.#keys && this.#clock.monotonic() < this.#failedUntil) {
      throw new KeysUnavailable('it did not answer a moment ago');
    }
    this.#keys ??= discover(this.#issuer).catch((thrown) => {
      this.#keys = undefined;
      this.#failedUntil = this.#clock.monotonic() + failedMs;
      throw new KeysUnavailable(`it does not say where its keys are (${wordsOf(thrown)})`);
    });
    return this.#keys;
  }
}

async function discover(issuer: string): Promise<Keys> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const metadata = Metadata.parse(await response.json());
  if (metadata.issuer !== issuer) throw new Error(`it calls itself ${metadata.issuer}`);
  return createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: timeoutMs });
}

/** The issuer has answered, and the token is signed by none of its keys. */
function isAboutKey(thrown: unknown): boolean {
  return (
    thrown instanceof errors.JWKSNoMatchingKey ||
    thrown instanceof errors.JWKSMultipleMatchingKeys ||
    thrown instanceof errors.JOSENotSupported
  );
}

function wordsOf(thrown: unknown): string {
  if (thrown instanceof z.ZodError) return 'its answer is no OpenID configuration';
  const { cause, message } = thrown as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
}
