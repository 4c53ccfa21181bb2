import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { retry } from '../base/retry.ts';
import { plain } from '../base/text.ts';
import { within } from '../base/within.ts';
import { type Resolve, systemResolve } from './address-space.ts';
import { canonicalHost, isDigest, type RegistryAddress, registryAddress } from './names.ts';
import { PinnedHttp } from './pinned-http.ts';
import { RegistryAuth } from './registry-auth.ts';
import { isInsecure, limitedText, registryErrorText } from './registry-http.ts';
import type { RegistryCredentials } from './types.ts';

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

/** Opens registries. Nothing of a client, tokens included, outlives the push that opened it. */
export interface Registry {
  open(registryUrl: string, credentials: RegistryCredentials | undefined): RegistryClient;
}

export function createRegistryClient(options: RegistryOptions): Registry {
  return { open: (url, credentials) => new RegistryClient(registryAddress(url), credentials, options) };
}

export interface Manifest {
  readonly mediaType: string;
  readonly body: Buffer;
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const defaultAnswerMs = 30_000;
const maxManifestBytes = 4 * 1024 * 1024;
const tries = 3;
const backOff = { firstMs: 300, maxMs: 3000 };

interface Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Behind `/v2/`; with a slash at its beginning, behind the host. */
  readonly path: string;
  /** The repository that the token must be good for; unset: none. */
  readonly repository?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

/**
 * The few calls of the distribution API (https://distribution.github.io/distribution/spec/api/) that Gitkube makes
 * itself; layers are pushed by the engine. Credentials go to the registry's own host and to the token service that it
 * names, redirects are not followed, and what is transient is tried again.
 */
export class RegistryClient {
  readonly host: string;
  readonly #apiHost: string;
  readonly #auth: RegistryAuth;
  readonly #options: RegistryOptions;
  #scheme: 'https' | 'http' = 'https';
  readonly #insecure: boolean;

  constructor(address: RegistryAddress, credentials: RegistryCredentials | undefined, options: RegistryOptions) {
    this.host = address.host;
    this.#apiHost = address.apiHost;
    this.#options = options;
    this.#insecure = isInsecure(address.apiHost, options.insecureRegistries);
    const own =
      credentials && canonicalHost(credentials.host) === canonicalHost(address.host) ? credentials : undefined;
    const { insecureRegistries } = options;
    const trusted = options.insecureRegistries.includes(address.apiHost) || isDefault(address, options.defaultRegistry);
    const rules = { registry: address.apiHost, plainHttp: this.#insecure, trusted, insecureRegistries };
    this.#auth = new RegistryAuth(address.host, own, rules);
  }

  /** Whether the registry answers and takes the credentials. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.#call({ method: 'GET', path: '' }, signal);
  }

  /** The digest behind a tag or of a digest, undefined when there is none. */
  async manifestDigest(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `${repository}/manifests/${tag}`;
    const answer = await this.#call({ method: 'HEAD', path, repository, headers: { accept: manifestTypes } }, signal);
    if (answer === undefined) return undefined;
    const digest = answer.headers.get('docker-content-digest') ?? (isDigest(tag) ? tag : undefined);
    if (digest === undefined || isDigest(digest)) return digest;
    throw this.#unavailable(`answers with a digest that is none: ${plain(digest, 100)}`);
  }

  async manifest(repository: string, digest: string, signal: AbortSignal): Promise<Manifest | undefined> {
    const path = `${repository}/manifests/${digest}`;
    const answer = await this.#call({ method: 'GET', path, repository, headers: { accept: manifestTypes } }, signal);
    if (answer === undefined) return undefined;
    return { mediaType: answer.headers.get('content-type') ?? '', body: answer.body };
  }

  async putManifest(repository: string, tag: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': manifest.mediaType };
    const path = `${repository}/manifests/${tag}`;
    await this.#call({ method: 'PUT', path, repository, headers, body: manifest.body }, signal);
  }

  /** @param path of an upload that the registry began, from `beginUpload` */
  async finishUpload(repository: string, path: string, content: Buffer, signal: AbortSignal): Promise<string> {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const headers = { 'content-type': 'application/octet-stream' };
    const query = `${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
    await this.#call({ method: 'PUT', path: `${path}${query}`, repository, headers, body: content }, signal);
    return digest;
  }

  /** @returns the path where the upload goes on; undefined: on another host, where credentials must not go */
  async beginUpload(repository: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#call({ method: 'POST', path: `${repository}/blobs/uploads/`, repository }, signal);
    const location = URL.parse(answer?.headers.get('location') ?? '', `https://${this.#apiHost}/`);
    return location?.host === this.#apiHost ? `${location.pathname}${location.search}` : undefined;
  }

  async cancelUpload(repository: string, path: string, signal: AbortSignal): Promise<void> {
    await this.#call({ method: 'DELETE', path, repository }, signal);
  }

  async deleteManifest(repository: string, digest: string, signal: AbortSignal): Promise<void> {
    await this.#call({ method: 'DELETE', path: `${repository}/manifests/${digest}`, repository }, signal);
  }

  /** undefined for "not found". What a registry hides it refuses, as 401 or 403: see `findDigest`. */
  #call(request: Request, outer: AbortSignal): Promise<{ headers: Headers; body: Buffer } | undefined> {
    const { clock, log, answerMs = defaultAnswerMs } = this.#options;
    return within(answerMs, outer, this.#late(answerMs), (signal) =>
      retry(() => this.#once(request, signal, answerMs / 2), {
        ...backOff,
        tries,
        clock,
        signal,
        onRetry: (error, attempt) =>
          log.warn({ host: this.host, reason: error.message, attempt }, 'registry call repeated'),
      }),
    );
  }

  async #once(request: Request, signal: AbortSignal, ms: number) {
    try {
      return await within(ms, signal, this.#late(ms), (limited) => this.#exchange(request, limited));
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof GitkubeError) throw thrown;
      throw this.#unavailable(`does not answer (${failureCode(thrown)})`, thrown);
    }
  }

  async #exchange(request: Request, signal: AbortSignal): Promise<{ headers: Headers; body: Buffer } | undefined> {
    using http = new PinnedHttp(this.#options.resolve ?? systemResolve);
    let response = await this.#send(request, http, signal);
    if (response.status === 401) {
      await response.body?.cancel();
      await this.#auth.answer(response.headers.get('www-authenticate') ?? '', request.repository, http, signal);
      response = await this.#send(request, http, signal);
    }
    return await this.#read(request, response);
  }

  async #send(request: Request, http: PinnedHttp, signal: AbortSignal): Promise<Response> {
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

  async #read({ method }: Request, response: Response): Promise<{ headers: Headers; body: Buffer } | undefined> {
    if (response.ok) return { headers: response.headers, body: await limitedBody(response, maxManifestBytes) };
    const text = registryErrorText(await limitedText(response));
    if (response.status === 404 && method !== 'PUT' && method !== 'POST') return undefined;
    if (response.status === 401 || response.status === 403) throw this.#denied(response.status, text);
    if (response.status === 507 || text.startsWith('no space left')) throw this.#full(response.status, text);
    throw this.#unavailable(`answers ${response.status}${text === '' ? '' : ` (${text})`}`);
  }

  #denied(status: number, text: string): GitkubeError {
    return new GitkubeError('RegistryDenied', `the registry ${this.host} refuses access: ${text || `HTTP ${status}`}`, {
      hint: this.#auth.hasCredentials
        ? 'check that the account in the Secret may push to this repository'
        : `name a Secret with credentials for ${this.host} in spec.registry.credentials.secretRef`,
    });
  }

  #full(status: number, text: string): GitkubeError {
    const what = text || `HTTP ${status}`;
    return new GitkubeError('RegistryRefused', `the registry ${this.host} has no room for the image: ${what}`, {
      hint: 'its operator has to make room, then push again',
    });
  }

  #late(ms: number): () => GitkubeError {
    return () => this.#unavailable(`has not answered for ${ms / 1000} s`);
  }

  #unavailable(what: string, cause?: unknown): GitkubeError {
    return new GitkubeError('RegistryUnavailable', `the registry ${this.host} ${what}`, { cause });
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

/** `ECONNREFUSED` says more than fetch's own "fetch failed". */
function failureCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  const { code, message } = cause as { code?: string; message?: string };
  return code ?? message ?? String(thrown);
}
