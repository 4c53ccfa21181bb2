import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { NoAnswer } from './errors.ts';
import { TokenFile } from './token-file.ts';

export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the whole answer is there for `send`, until its headers are there for `open`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const maxBodyBytes = 64 * 1024 * 1024;

/**
 * HTTP to one API server, with the credentials of a kubeconfig and a deadline on every call.
 *
 * It stands in for the client library's own fetch, which makes a new TLS connection for each call and has no timeout.
 * Redirects are not followed: an API server sends none, and credentials must not travel.
 */
export class Transport {
  readonly #config: KubeConfig;
  readonly #clock: Clock;
  readonly #token: TokenFile | undefined;
  readonly #http = new HttpAgent({ keepAlive: true });
  // The pool's key holds CA, certificate and key, so renewed credentials automatically get new connections.
  readonly #https = new HttpsAgent({ keepAlive: true });

  constructor(config: KubeConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#token = TokenFile.of(config, clock);
  }

  /** @param path with query, below the server's address of the kubeconfig */
  url(path: string): URL {
    const base = this.#config.getCurrentCluster()?.server ?? '';
    return new URL(base.replace(/\/+$/, '') + path);
  }

  /** Any status is an answer; only the lack of one throws `ClusterUnavailable`. */
  async send(call: HttpCall): Promise<HttpAnswer> {
    return this.#withDeadline(call, async (signal) => {
      const response = await this.#exchange(call, signal);
      const body = await readAll(response);
      return { status: response.statusCode ?? 0, headers: flatHeaders(response), body };
    });
  }

  /** An answer whose body is read by the caller, who also ends it: `destroy()` closes the connection. */
  async open(call: HttpCall): Promise<IncomingMessage> {
    return this.#withDeadline(call, (signal) => this.#exchange(call, signal));
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #withDeadline<T>(call: HttpCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController();
    const done = new AbortController();
    const signal = call.signal ? AbortSignal.any([call.signal, deadline.signal]) : deadline.signal;
    this.#clock.delay(call.timeoutMs, done.signal).then(
      () => deadline.abort(new NoAnswer(`no answer within ${call.timeoutMs / 1000} s`)),
      () => {},
    );
    try {
      // What is waited for may not know of the signal: a kubeconfig's own program that gets the credentials.
      return await untilAborted(work(signal), signal);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      if (thrown instanceof GitkubeError) throw thrown;
      throw new NoAnswer(errorCode(thrown), thrown);
    } finally {
      done.abort();
    }
  }

  async #exchange(call: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
    const options = await this.#options(call);
    try {
      return await exchangeOnce(call, options, signal);
    } catch (thrown) {
      // That the server has closed a kept connection says nothing about the server.
      const stale = thrown instanceof StaleConnection && call.method === 'GET' && !signal.aborted;
      if (!stale) throw thrown instanceof StaleConnection ? thrown.cause : thrown;
      return exchangeOnce(call, { ...options, agent: false }, signal);
    }
  }

  async #options(call: HttpCall): Promise<RequestOptions> {
    const credentials: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(credentials);
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'gitkube' };
    for (const [name, value] of Object.entries({ ...credentials.headers, ...call.headers })) {
      headers[name.toLowerCase()] = String(value).trim();
    }
    if (this.#token) headers.authorization = await this.#token.header();
    // Node does not frame the body of a DELETE: the server would take it for the next request.
    if (call.body !== undefined) headers['content-length'] = String(Buffer.byteLength(call.body));
    const direct = call.url.protocol === 'http:' ? this.#http : this.#https;
    const agent = this.#config.getCurrentCluster()?.proxyUrl ? credentials.agent : direct;
    return { ...credentials, method: call.method, headers, agent };
  }
}

class StaleConnection extends Error {}

function exchangeOnce(call: HttpCall, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (call.url.protocol === 'http:' ? requestHttp : requestHttps)(call.url, options);
    const onAbort = () => request.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('close', () => signal.removeEventListener('abort', onAbort));
    request.on('error', (error) =>
      reject(request.reusedSocket ? new StaleConnection(error.message, { cause: error }) : error),
    );
    request.on('response', (response) => {
      response.on('error', () => {});
      resolve(response);
    });
    if (signal.aborted) onAbort();
    request.end(call.body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new NoAnswer('its answer is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flatHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : `${value}`,
    ]),
  );
}

function errorCode(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection broke';
}
