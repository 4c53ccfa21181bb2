import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import { again } from '../../base/again.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type Resolve, systemResolve } from '../registry/address-space.ts';
import { isInsecure, limitedText } from '../registry/http.ts';
import { PinnedHttp } from '../registry/pinned-http.ts';
import { tokenRealm } from '../registry/token-realm.ts';
import type { LfsServer } from '../types.ts';
import type { LfsPointer } from './pointer.ts';

export interface LfsOptions {
  /** `host[:port]` of servers that may be spoken to without TLS, beside those on loopback addresses. */
  readonly insecureHosts: readonly string[];
  /** The addresses behind a host name. Default: those of the system. */
  readonly resolve?: Resolve;
  /** Milliseconds for an answer, and without a byte of an object. Default: 30 s. */
  readonly silentMs?: number;
}

/** Where an object can be had. */
export interface Download extends LfsPointer {
  readonly href: string;
  readonly headers: Readonly<Record<string, string>>;
}

const mediaType = 'application/vnd.git-lfs+json';
const objectsAtOnce = 100;

const batch = z.object({
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z
        .object({
          download: z.object({ href: z.string(), header: z.record(z.string(), z.string()).nullish() }).optional(),
        })
        .nullish(),
      error: z.object({ code: z.number().optional(), message: z.string().optional() }).nullish(),
    }),
  ),
});

/**
 * Asks a server of Git LFS for objects, by the batch API with the basic transfer
 * (https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md).
 */
export class LfsClient {
  readonly #server: LfsServer;
  readonly #options: LfsOptions;
  readonly #host: string;
  /** What a name has once been is what it is to the end. */
  readonly #resolve: Resolve;

  /** @throws LfsUnavailable when its URL cannot be used */
  constructor(server: LfsServer, options: LfsOptions) {
    const url = URL.parse(server.url);
    if (!url || !/^https?:$/.test(url.protocol)) throw unfit(server, 'is no http or https URL');
    if (url.protocol === 'http:' && !isInsecure(url.host, options.insecureHosts)) {
      throw unfit(server, 'has no TLS, and the operator of this server has not allowed that for it');
    }
    this.#server = server;
    this.#options = options;
    this.#host = url.host;
    const found = new Map<string, ReturnType<Resolve>>();
    this.#resolve = (name) => {
      const addresses = found.get(name) ?? (options.resolve ?? systemResolve)(name);
      found.set(name, addresses);
      return addresses;
    };
  }

  /** @throws LfsUnavailable with the objects that the server does not have */
  async find(pointers: readonly LfsPointer[], signal: AbortSignal): Promise<Download[]> {
    const found: Download[] = [];
    for (let at = 0; at < pointers.length; at += objectsAtOnce) {
      found.push(...(await this.#batch(pointers.slice(at, at + objectsAtOnce), signal)));
    }
    return found;
  }

  /** The content, as it comes; the caller disposes of it. */
  async open(download: Download, signal: AbortSignal): Promise<{ readonly body: Readable } & Disposable> {
    using stack = new DisposableStack();
    const http = stack.use(this.#http());
    const url = await this.#allowed(download.href, http);
    const response = await this.#answered(
      http.fetch(url.href, { method: 'GET', headers: { ...download.headers }, signal }),
    );
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw this.#unavailable(`answers ${response.status} to the download of ${download.oid.slice(0, 12)}`);
    }
    const kept = stack.move();
    return { body: Readable.fromWeb(response.body as ReadableStream), [Symbol.dispose]: () => kept.dispose() };
  }

  async #batch(pointers: readonly LfsPointer[], signal: AbortSignal): Promise<Download[]> {
    using http = this.#http();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#options.silentMs ?? 30_000)]);
    const body = JSON.stringify({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: pointers.map(({ oid, size }) => ({ oid, size })),
    });
    const headers = { accept: mediaType, 'content-type': mediaType, ...this.#authorization() };
    const url = `${this.#server.url.replace(/\/+$/, '')}/objects/batch`;
    const response = await this.#answered(http.fetch(url, { method: 'POST', headers, body, signal: limited }), signal);
    const text = await this.#answered(limitedText(response, maxAnswerBytes), signal);
    if (response.status === 401 || response.status === 403) throw this.#denied(response.status);
    const answer = response.ok ? parse(text) : undefined;
    if (!answer) throw this.#unavailable(`answers ${response.status}${response.ok ? ' without the objects' : ''}`);
    return pointers.map((pointer) => this.#download(pointer, answer));
  }

  #download(pointer: LfsPointer, { objects }: z.infer<typeof batch>): Download {
    const found = objects.find(({ oid }) => oid === pointer.oid);
    const download = found?.actions?.download;
    if (!download) {
      const { code = 404, message = 'it does not have the object' } = found?.error ?? {};
      throw this.#unavailable(`has no ${pointer.oid.slice(0, 12)} (${code}: ${plain(message, 200)})`, [
        'push the objects there first: git lfs push --all <remote>',
      ]);
    }
    return { ...pointer, href: download.href, headers: { ...download.header } };
  }

  /** The server chooses the address, and the author of the Remote the server: it has to be as public as that is. */
  async #allowed(href: string, http: PinnedHttp): Promise<URL> {
    const { insecureHosts } = this.#options;
    const plainHttp = isInsecure(this.#host, insecureHosts);
    const rules = { registry: this.#host, plainHttp, trusted: insecureHosts.includes(this.#host) };
    const all = { ...rules, insecureRegistries: insecureHosts, resolve: http.resolve };
    const place = await this.#answered(tokenRealm(href, all));
    if ('url' in place) return place.url;
    throw this.#unavailable('has its objects at an address that this server must not read');
  }

  async #answered<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      signal?.throwIfAborted();
      const { cause = thrown } = thrown as { cause?: unknown };
      const { code, message } = cause as { code?: string; message?: string };
      throw this.#unavailable(`does not answer (${code ?? message ?? 'no answer'})`, [again]);
    }
  }

  #http(): PinnedHttp {
    return new PinnedHttp(this.#resolve);
  }

  #authorization(): Record<string, string> {
    const { credentials } = this.#server;
    if (!credentials) return {};
    const { username, password } = credentials;
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  }

  #denied(status: number): GitkubeError {
    const what = this.#server.credentials ? 'refuses the credentials of the Remote' : 'asks for credentials';
    return this.#unavailable(`${what} (HTTP ${status})`, [
      `name a Secret of type kubernetes.io/basic-auth in spec.lfs.credentials.secretRef: ${editRemote}`,
    ]);
  }

  #unavailable(what: string, hint: readonly string[] = []): GitkubeError {
    const where = `check spec.lfs.url: ${editRemote}`;
    return new GitkubeError('LfsUnavailable', `the LFS server ${this.#host} ${what}`, {
      hint: hint.length > 0 ? hint : [where],
    });
  }
}

const maxAnswerBytes = 4 * 1024 * 1024;

function parse(text: string): z.infer<typeof batch> | undefined {
  try {
    return batch.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function unfit({ url }: LfsServer, why: string): GitkubeError {
  return new GitkubeError('LfsUnavailable', `spec.lfs.url ${plain(url, 200)} ${why}`, {
    hint: `set it to something like https://lfs.example.com/team/app/info/lfs: ${editRemote}`,
  });
}
