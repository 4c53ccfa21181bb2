import { Readable } from 'node:stream';
import { again } from '../../base/again.ts';
import type { Clock } from '../../base/clock.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { retry } from '../../base/retry.ts';
import { within } from '../../base/within.ts';
import { canonicalHost, type RegistryAddress, registryAddress } from '../images/names.ts';
import type { RegistryCredentials } from '../types.ts';
import { type Resolve, systemResolve } from './address-space.ts';
import { RegistryAuth } from './auth.ts';
import { deniedHint } from './credentials.ts';
import { isInsecure, limitedText, registryErrorText } from './http.ts';
import { PinnedHttp } from './pinned-http.ts';
import { type RealmRules, tokenRealm } from './token-realm.ts';

export interface RegistryOptions {
  /** `host[:port]` of registries that may be spoken to without TLS, beside those on loopback addresses. */
  readonly insecureRegistries: readonly string[];
  /** The registry of the server itself, `host[:port][/path]`: it may name any token service. */
  readonly defaultRegistry?: string | undefined;
  /** Milliseconds for one call with all its tries. Default: 30 s. */
  readonly answerMs?: number;
  /** The addresses behind a host name. Default: those of the system. */
  readonly resolve?: Resolve;
  readonly clock: Clock;
  readonly log: Logger;
}

const defaultAnswerMs = 30_000;
const maxManifestBytes = 4 * 1024 * 1024;
const tries = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
const backOff = { firstMs: 300, maxMs: 3000 };

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Behind `/v2/`; with a slash at its beginning, behind the host. */
  readonly path: string;
  /** The repository that the token must be good for; unset: none. */
  readonly repository?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  /** Whether an answer that leads elsewhere is one that is good, whatever is there. */
  readonly mayLeadOn?: boolean;
  /** Another repository that the token must be good for, to read. */
  readonly from?: string;
}

/** A request that takes as long as its body does. */
export interface RegistryTransfer extends Omit<RegistryRequest, 'body'> {
  readonly body?: Readable;
}

/** What is read of an answer keeps its connection. */
export interface OpenAnswer extends Disposable {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Response['body'];
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Requests to one registry: credentials go to its own host and to the token service that it names, redirects are not followed,
 * and what is transient is tried again.
 */
export class RegistryExchanges {
  readonly #host: string;
  readonly #apiHost: string;
  readonly #auth: RegistryAuth;
  readonly #credentials: RegistryCredentials | undefined;
  readonly #options: RegistryOptions;
  readonly #rules: Omit<RealmRules, 'resolve'>;
  #scheme: 'https' | 'http' = 'https';
  readonly #insecure: boolean;

  constructor(address: RegistryAddress, credentials: RegistryCredentials | undefined, options: RegistryOptions) {
    this.#host = address.host;
    this.#credentials = credentials;
    this.#apiHost = address.apiHost;
    this.#options = options;
    this.#insecure = isInsecure(address.apiHost, options.insecureRegistries);
    const own =
      credentials && canonicalHost(credentials.host) === canonicalHost(address.host) ? credentials : undefined;
    const { insecureRegistries } = options;
    const trusted = options.insecureRegistries.includes(address.apiHost) || isDefault(address, options.defaultRegistry);
    this.#rules = { registry: address.apiHost, plainHttp: this.#insecure, trusted, insecureRegistries };
    this.#auth = new RegistryAuth(address.host, own, this.#rules);
  }

  /** undefined for "not found". What a registry hides it refuses, as 401 or 403: see `findDigest`. */
  call(request: RegistryRequest, outer: AbortSignal): Promise<RegistryAnswer | undefined> {
    const { clock, log, answerMs = defaultAnswerMs } = this.#options;
    return within(answerMs, outer, this.#late(answerMs), (signal) =>
      retry(() => this.#once(request, signal, answerMs / 2), {
        ...backOff,
        tries,
        clock,
        signal,
        onRetry: (error, attempt) =>
          log.warn({ host: this.#host, reason: error.message, attempt }, 'registry call repeated'),
      }),
    );
  }

  /**
   * Sends a request once, without a time limit, and hands over its answer while it comes; the caller disposes of it. What is sent as a
   * stream must be authorized before: it cannot be sent a second time.
   * @returns undefined for "not found"
   */
  async open(request: RegistryTransfer, signal: AbortSignal): Promise<OpenAnswer | undefined> {
    using stack = new DisposableStack();
    const http = stack.use(new PinnedHttp(this.#options.resolve ?? systemResolve));
    try {
      const response = await this.#followed(request, await this.#authorized(request, http, signal), http, signal);
      const answer = response.ok ? response : await this.#read(request, response);
      if (answer === undefined) return undefined;
      const kept = stack.move();
      return {
        status: response.status,
        headers: response.headers,
        body: response.body,
        [Symbol.dispose]: () => kept.dispose(),
      };
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof GitkubeError) throw thrown;
      throw this.unavailable(`does not answer (${failureCode(thrown)})`, thrown);
    }
  }

  /** Many registries keep blobs elsewhere. Nothing of the credentials goes there, and it has to be as public as the registry is. */
  async #followed(
    request: RegistryTransfer,
    response: Response,
    http: PinnedHttp,
    signal: AbortSignal,
  ): Promise<Response> {
    if (request.method !== 'GET' || !redirects.has(response.status)) return response;
    await response.body?.cancel();
    const url = URL.parse(response.headers.get('location') ?? '', `${this.#scheme}://${this.#apiHost}/`);
    const place = await tokenRealm(url?.href ?? '', { ...this.#rules, resolve: http.resolve });
    if ('problem' in place) throw this.unavailable('keeps its blobs at an address that this server must not read');
    const next = await http.fetch(place.url.href, { method: 'GET', signal });
    if (!redirects.has(next.status)) return next;
    await next.body?.cancel();
    throw this.unavailable('leads on from where it keeps its blobs');
  }

  async #once(request: RegistryRequest, signal: AbortSignal, ms: number) {
    try {
      return await within(ms, signal, this.#late(ms), (limited) => this.#exchange(request, limited));
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof GitkubeError) throw thrown;
      throw this.unavailable(`does not answer (${failureCode(thrown)})`, thrown);
    }
  }

  async #exchange(request: RegistryRequest, signal: AbortSignal): Promise<RegistryAnswer | undefined> {
    using http = new PinnedHttp(this.#options.resolve ?? systemResolve);
    return await this.#read(request, await this.#authorized(request, http, signal));
  }

  async #authorized(
    request: RegistryRequest | RegistryTransfer,
    http: PinnedHttp,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await this.#send(request, http, signal);
    if (response.status !== 401 || request.body instanceof Readable) return response;
    // Read, its connection is good for the next request.
    await limitedText(response);
    const { repository, from } = request;
    await this.#auth.answer(response.headers.get('www-authenticate') ?? '', repository, http, signal, from);
    return this.#send(request, http, signal);
  }

  async #send(request: RegistryRequest | RegistryTransfer, http: PinnedHttp, signal: AbortSignal): Promise<Response> {
    const { method, path, headers, body, repository } = request;
    const scheme = this.#scheme;
    const send = (by: 'https' | 'http') =>
      http.fetch(`${by}://${this.#apiHost}${path.startsWith('/') ? path : `/v2/${path}`}`, {
        method,
        headers: { ...headers, ...this.#auth.headers(repository) },
        ...(body === undefined ? {} : { body }),
        signal,
      });
    try {
      return await send(scheme);
    } catch (thrown) {
      // As Docker does it: TLS first, and only for a registry that is known to have none, plain HTTP after it.
      if (!this.#insecure || scheme === 'http' || signal.aborted) throw thrown;
      const response = await send('http');
      this.#scheme = 'http';
      return response;
    }
  }

  async #read(
    { method, mayLeadOn = false }: Pick<RegistryRequest, 'method' | 'mayLeadOn'>,
    response: Response,
  ): Promise<RegistryAnswer | undefined> {
    const { status, headers } = response;
    if (response.ok || (mayLeadOn && redirects.has(status))) {
      return { status, headers, body: await limitedBody(response, maxManifestBytes) };
    }
    const text = registryErrorText(await limitedText(response));
    if (response.status === 404 && method !== 'PUT' && method !== 'POST') return undefined;
    if (response.status === 401 || response.status === 403) throw this.#denied(response.status, text);
    if (response.status === 507 || text.startsWith('no space left')) throw this.#full(response.status, text);
    throw this.unavailable(`answers ${response.status}${text === '' ? '' : ` (${text})`}`);
  }

  #denied(status: number, text: string): GitkubeError {
    return new GitkubeError(
      'RegistryDenied',
      `the registry ${this.#host} refuses access: ${text || `HTTP ${status}`}`,
      {
        hint: deniedHint(this.#host, this.#credentials),
      },
    );
  }

  #full(status: number, text: string): GitkubeError {
    const what = text || `HTTP ${status}`;
    return new GitkubeError('RegistryRefused', `the registry ${this.#host} has no space for the image: ${what}`, {
      hint: `ask the operator of the registry to free space, then ${again}`,
    });
  }

  #late(ms: number): () => GitkubeError {
    return () => this.unavailable(`has not answered for ${ms / 1000} s`);
  }

  unavailable(what: string, cause?: unknown): GitkubeError {
    return new GitkubeError('RegistryUnavailable', `the registry ${this.#host} ${what}`, {
      hint: `${again}; if it persists, ask the operator of the registry, or correct spec.registry.url: ${editRemote}`,
      cause,
    });
  }
}

async function limitedBody(response: Response, max: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > max) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isDefault({ host }: RegistryAddress, defaultRegistry: string | undefined): boolean {
  return defaultRegistry !== undefined && registryAddress(defaultRegistry).host === host;
}

/** In the words of other programs, and not of Node.js. */
const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENOTFOUND: 'no such host',
  ETIMEDOUT: 'connection timed out',
};

/** It says more than fetch's own "fetch failed". */
function failureCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  const { code, message } = cause as { code?: string; message?: string };
  return codes[code ?? ''] ?? code ?? message ?? String(thrown);
}
