import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Resolve } from './address-space.ts';
import type { RegistryInit } from './http.ts';

/** Statuses whose answer has no body. */
const bodiless = new Set([204, 205, 304]);

/**
 * HTTP for one exchange with a registry and the token service that it names. A host name is resolved once: the address that
 * was checked is the one that is connected to, whatever the owner of the name says a moment later. Nothing of it is left
 * afterwards, so no connection made before a check is used after it.
 */
export class PinnedHttp implements Disposable {
  readonly #resolve: Resolve;
  readonly #found = new Map<string, Promise<readonly string[]>>();
  readonly #agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

  constructor(resolve: Resolve) {
    this.#resolve = resolve;
    const options = { keepAlive: true, lookup: this.#lookup };
    this.#agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  }

  readonly resolve: Resolve = (hostname) => {
    const found = this.#found.get(hostname) ?? this.#resolve(hostname);
    this.#found.set(hostname, found);
    return found;
  };

  /** `fetch` that follows no redirect. */
  readonly fetch = async (url: string, { method, headers = {}, body, signal }: RegistryInit): Promise<Response> => {
    const protocol = url.startsWith('https:') ? 'https:' : 'http:';
    const options = { method, signal, agent: this.#agents[protocol], headers: { 'user-agent': 'gitkube', ...headers } };
    const answered = Promise.withResolvers<http.IncomingMessage>();
    const request = (protocol === 'https:' ? https : http).request(url, options);
    request.on('response', answered.resolve).on('error', answered.reject);
    // More than was announced would be the next request of this connection.
    if (body instanceof Readable) Object.assign(request, { strictContentLength: true });
    if (body instanceof Readable) body.on('error', (error) => request.destroy(error)).pipe(request);
    else request.end(body);
    const answer = await untilAborted(answered.promise, signal);
    return responseOf(answer);
  };

  [Symbol.dispose](): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  readonly #lookup: LookupFunction = (hostname, { all }, done) => {
    this.resolve(hostname).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (first === undefined) done(noAddress(hostname), '');
        else if (all) done(null, found);
        else done(null, first.address, first.family);
      },
      (error: Error) => done(error, ''),
    );
  };
}

function responseOf(answer: http.IncomingMessage): Response {
  const { statusCode: status = 0, headersDistinct } = answer;
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  if (!bodiless.has(status)) return new Response(Readable.toWeb(answer) as ReadableStream, { status, headers });
  answer.resume();
  return new Response(null, { status, headers });
}

function noAddress(hostname: string): Error {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}
