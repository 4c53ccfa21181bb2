import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { plain } from '../../base/text.ts';
import { isDigest, type RegistryAddress, registryAddress } from '../images/names.ts';
import type { RegistryCredentials } from '../types.ts';
import { type OpenAnswer, RegistryExchanges, type RegistryOptions } from './exchanges.ts';

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

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestTypes = [
  indexType,
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
/**
 * The few calls of the distribution API (https://distribution.github.io/distribution/spec/api/) that Gitkube makes
 * itself; layers are pushed by the engine.
 */
export class RegistryClient {
  readonly host: string;
  readonly #apiHost: string;
  readonly #exchanges: RegistryExchanges;

  constructor(address: RegistryAddress, credentials: RegistryCredentials | undefined, options: RegistryOptions) {
    this.host = address.host;
    this.#apiHost = address.apiHost;
    this.#exchanges = new RegistryExchanges(address, credentials, options);
  }

  /** Whether the registry answers and takes the credentials. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.#exchanges.call({ method: 'GET', path: '' }, signal);
  }

  /** The digest behind a tag or of a digest, undefined when there is none. */
  async manifestDigest(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `${repository}/manifests/${tag}`;
    const answer = await this.#exchanges.call(
      { method: 'HEAD', path, repository, headers: { accept: manifestTypes } },
      signal,
    );
    if (answer === undefined) return undefined;
    const digest = answer.headers.get('docker-content-digest') ?? (isDigest(tag) ? tag : undefined);
    if (digest === undefined || isDigest(digest)) return digest;
    throw this.#exchanges.unavailable(`answers with an invalid digest: ${plain(digest, 100)}`);
  }

  async manifest(repository: string, digest: string, signal: AbortSignal): Promise<Manifest | undefined> {
    const path = `${repository}/manifests/${digest}`;
    const answer = await this.#exchanges.call(
      { method: 'GET', path, repository, headers: { accept: manifestTypes } },
      signal,
    );
    if (answer === undefined) return undefined;
    return { mediaType: answer.headers.get('content-type') ?? '', body: answer.body };
  }

  async putManifest(repository: string, tag: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': manifest.mediaType };
    const path = `${repository}/manifests/${tag}`;
    await this.#exchanges.call({ method: 'PUT', path, repository, headers, body: manifest.body }, signal);
  }

  /** What refers to a manifest, as an index. @returns undefined where the registry lists nothing of the kind itself */
  async referrers(repository: string, digest: string, signal: AbortSignal): Promise<Manifest | undefined> {
    const path = `${repository}/referrers/${digest}`;
    // Registries that know nothing of it answer anything: redirects, pages, errors. The tag is what is asked for then.
    const answer = await this.#exchanges.call({ method: 'GET', path, repository }, signal).catch(() => undefined);
    signal.throwIfAborted();
    const mediaType = answer?.headers.get('content-type') ?? '';
    return answer && mediaType.startsWith(indexType) ? { mediaType: indexType, body: answer.body } : undefined;
  }

  /** Of a manifest with a subject. @returns whether the registry lists it among those of its subject */
  async putReferrer(repository: string, digest: string, manifest: Manifest, signal: AbortSignal): Promise<boolean> {
    const headers = { 'content-type': manifest.mediaType };
    const path = `${repository}/manifests/${digest}`;
    const request = { method: 'PUT', path, repository, headers, body: manifest.body } as const;
    const answer = await this.#exchanges.call(request, signal);
    return answer?.headers.has('oci-subject') ?? false;
  }

  /** @param path of an upload that the registry began, from `beginUpload` */
  async finishUpload(repository: string, path: string, content: Buffer, signal: AbortSignal): Promise<string> {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const headers = { 'content-type': 'application/octet-stream' };
    const query = `${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
    await this.#exchanges.call({ method: 'PUT', path: `${path}${query}`, repository, headers, body: content }, signal);
    return digest;
  }

  /** @returns the path where the upload goes on; undefined: on another host, where credentials must not go */
  async beginUpload(repository: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#exchanges.call(
      { method: 'POST', path: `${repository}/blobs/uploads/`, repository },
      signal,
    );
    return this.#ownPath(answer?.headers.get('location') ?? '');
  }

  async hasBlob(repository: string, digest: string, signal: AbortSignal): Promise<boolean> {
    const path = `${repository}/blobs/${digest}`;
    // Where blobs are kept elsewhere, it leads there to those that it has.
    const request = { method: 'HEAD', path, repository, mayLeadOn: true } as const;
    return (await this.#exchanges.call(request, signal)) !== undefined;
  }

  /** As it comes. @returns undefined when there is none */
  readBlob(repository: string, digest: string, signal: AbortSignal): Promise<OpenAnswer | undefined> {
    return this.#exchanges.open({ method: 'GET', path: `${repository}/blobs/${digest}`, repository }, signal);
  }

  /** Asks the registry to take a blob over from another repository of its own. @returns whether it is there now */
  async mountBlob(repository: string, digest: string, from: string, signal: AbortSignal): Promise<boolean> {
    const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
    const path = `${repository}/blobs/uploads/?${query}`;
    const answer = await this.#exchanges.call({ method: 'POST', path, repository, from }, signal);
    if (answer?.status === 201) return true;
    // An upload was begun in its place.
    const upload = this.#ownPath(answer?.headers.get('location') ?? '');
    if (upload !== undefined) await this.cancelUpload(repository, upload, signal).catch(() => {});
    return false;
  }

  /** Sends a blob as it comes; the registry compares it with its digest. @param path from `beginUpload` */
  async writeBlob(
    repository: string,
    path: string,
    blob: { readonly digest: string; readonly size: number; readonly body: Readable },
    signal: AbortSignal,
  ): Promise<void> {
    const { digest, size, body } = blob;
    const query = `${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
    const headers = { 'content-type': 'application/octet-stream', 'content-length': `${size}` };
    const request = { method: 'PUT', path: `${path}${query}`, repository, headers, body } as const;
    using _answer = await this.#exchanges.open(request, signal);
  }

  /** Undefined: it is on another host. */
  #ownPath(text: string): string | undefined {
    const location = URL.parse(text, `https://${this.#apiHost}/`);
    return location?.host === this.#apiHost ? `${location.pathname}${location.search}` : undefined;
  }

  async cancelUpload(repository: string, path: string, signal: AbortSignal): Promise<void> {
    await this.#exchanges.call({ method: 'DELETE', path, repository }, signal);
  }

  async deleteManifest(repository: string, digest: string, signal: AbortSignal): Promise<void> {
    await this.#exchanges.call({ method: 'DELETE', path: `${repository}/manifests/${digest}`, repository }, signal);
  }
}
