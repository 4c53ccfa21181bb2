import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { z } from 'zod';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { plain } from '../../../base/text.ts';
import { boundedFetch } from './bounded-fetch.ts';

/** Why nobody knows whether a signature is right. */
export class KeysUnavailable extends Error {}

export interface IssuerKeysParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
}

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** OpenID Connect Discovery 1.0, section 3. */
const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https$/ }) });

const timeoutMs = 5000;
/** Anybody can make the server ask: an issuer that does not answer is not asked each time. */
const failedMs = 10_000;
/** Keys may move. */
const discoveredMs = 3_600_000;
/** An outage of the issuer ends no job; a key that it has revoked since ends then. */
const keptMs = 24 * 3_600_000;

/**
 * The public keys of one issuer, fetched when they are needed: where they are (OpenID Connect Discovery), and then they
 * themselves (RFC 7517), again after ten minutes and, at most each half minute, for a key that is not among them.
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #parts: IssuerKeysParts;
  #found: { readonly keys: Promise<Keys>; readonly until: number } | undefined;
  #failed: { readonly why: string; readonly until: number } | undefined;
  #kept: { readonly keys: JSONWebKeySet; readonly until: number } | undefined;

  constructor(issuer: string, parts: IssuerKeysParts) {
    this.#issuer = issuer;
    this.#parts = parts;
  }

  /** As jose's jwtVerify wants them. @throws KeysUnavailable; JWKSNoMatchingKey and the like of jose */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    const now = this.#parts.clock.monotonic();
    if (this.#failed && now < this.#failed.until) return this.#fromKept(header, token);
    const found = this.#discovered(now);
    try {
      const keys = await found;
      return await keys(header, token).finally(() => this.#keep(keys.jwks(), keys.fresh));
    } catch (thrown) {
      if (isAboutKey(thrown)) throw thrown;
      this.#fail(found, wordsOf(thrown));
      return this.#fromKept(header, token);
    }
  };

  #discovered(now: number): Promise<Keys> {
    if (!this.#found || now >= this.#found.until) {
      this.#found = { keys: discover(this.#issuer), until: now + discoveredMs };
    }
    return this.#found.keys;
  }

  #keep(keys: JSONWebKeySet | undefined, isFresh: boolean): void {
    if (keys && isFresh) this.#kept = { keys, until: this.#parts.clock.monotonic() + keptMs };
  }

  /** What is known of where its keys are may be what is wrong. */
  #fail(found: Promise<Keys>, why: string): void {
    const { clock, log } = this.#parts;
    if (this.#found?.keys === found) this.#found = undefined;
    this.#failed = { why, until: clock.monotonic() + failedMs };
    log.warn({ issuer: this.#issuer, why }, 'the keys of an issuer of tokens cannot be fetched');
  }

  #fromKept(header: JWSHeaderParameters, token: FlattenedJWSInput) {
    const kept = this.#kept;
    const unavailable = new KeysUnavailable(`its keys cannot be fetched (${this.#failed?.why})`);
    if (!kept || this.#parts.clock.monotonic() >= kept.until) throw unavailable;
    // One that is not among them may be new.
    return createLocalJWKSet(kept.keys)(header, token).catch((thrown) => {
      throw thrown instanceof errors.JWKSNoMatchingKey ? unavailable : thrown;
    });
  }
}

async function discover(issuer: string): Promise<Keys> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await boundedFetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const metadata = Metadata.parse(await response.json());
  if (metadata.issuer !== issuer) throw new Error('its OpenID configuration is that of another one');
  return createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: timeoutMs, [customFetch]: boundedFetch });
}

/** The issuer has answered, and the token is signed by none of its keys. */
function isAboutKey(thrown: unknown): boolean {
  return (
    thrown instanceof errors.JWKSNoMatchingKey ||
    thrown instanceof errors.JWKSMultipleMatchingKeys ||
    thrown instanceof errors.JOSENotSupported
  );
}

/** For strangers, too: nothing of what somebody has answered. */
function wordsOf(thrown: unknown): string {
  if (thrown instanceof z.ZodError || thrown instanceof SyntaxError) return 'its answer is no OpenID configuration';
  const { cause, message } = thrown as Error;
  return plain((cause as NodeJS.ErrnoException | undefined)?.code ?? message, 100);
}
