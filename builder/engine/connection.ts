import http from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { LineSplitter } from '../../base/lines.ts';
import type { EngineMessage } from './build-events.ts';

export interface EngineAddress {
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  /** PEM texts; given, `tcp://` is spoken over TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

interface DialRequest {
  readonly path: string;
  readonly method: string;
  readonly [option: string]: unknown;
}

interface DialError extends Error {
  readonly statusCode?: number;
  readonly code?: string;
}

// BuildKit sends the whole of a step's output in messages of its own choosing.
const maxMessageLength = 16 * 1024 * 1024;

/** Requests to a Docker Engine, and its answers as they come. */
export class EngineConnection {
  readonly address: string;
  readonly #docker: Docker;

  constructor(address: EngineAddress) {
    this.address = address.host;
    this.#docker = new Docker(dockerOptions(address));
  }

  /** The parts of an answer that are of use; each may be missing. */
  async json<T extends object>(signal: AbortSignal, path: string): Promise<Partial<T>> {
    const response = await this.dial(signal, { path, method: 'GET' });
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk;
      if (body.length > maxMessageLength) throw this.unavailable('answers without an end');
    }
    const value = parseObject(body);
    if (value) return value as Partial<T>;
    throw this.unavailable('gives an answer that is not a JSON object');
  }

  /** Every message, as it comes: nothing is kept. A connection that breaks is an error, not an end. */
  async read(response: http.IncomingMessage, signal: AbortSignal, onMessage: (message: EngineMessage) => void) {
    const splitter = new LineSplitter((line) => {
      const message = parseMessage(line);
      if (message) onMessage(message);
    }, maxMessageLength);
    try {
      for await (const chunk of response) splitter.write(chunk);
      splitter.end();
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof GitkubeError) throw thrown;
      throw this.unavailable('closed the connection', thrown);
    } finally {
      (response as { req?: http.ClientRequest }).req?.destroy();
    }
  }

  dial<T = http.IncomingMessage>(signal: AbortSignal, request: DialRequest): Promise<T> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const options = { isStream: true, statusCodes: { 200: true }, abortSignal: signal, ...request };
      this.#docker.modem.dial(options, (error: DialError | null, result: unknown) => {
        if (error === null || error === undefined) resolve(result as T);
        else if (signal.aborted) reject(signal.reason);
        else if (error.statusCode !== undefined && error.statusCode !== 503) reject(error);
        else reject(this.unavailable(`does not answer (${error.code ?? error.message.trim()})`, error));
      });
    });
  }

  unavailable(what: string, cause?: unknown): GitkubeError {
    return new GitkubeError('EngineUnavailable', `the Docker Engine at ${this.address} ${what}`, {
      hint: `${again} in a moment; if this persists, ask the operator of the server`,
      cause,
    });
  }
}

function dockerOptions({ host, tls }: EngineAddress): Docker.DockerOptions {
  const url = URL.parse(host);
  // An agent of its own: a connection that the engine dropped while idle must not fail the next build.
  const agent = new (tls ? https : http).Agent({ keepAlive: false });
  // docker-modem writes out the options of each request, for a debug log that nobody reads. By the agent that leads to
  // every request under way and all that it holds, which took a tenth of a second for each of twenty builds.
  Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' });
  const common = { agent };
  if (url?.protocol === 'unix:') {
    // `host: undefined` keeps docker-modem from taking DOCKER_HOST instead.
    return { ...common, socketPath: url.pathname, host: undefined } as unknown as Docker.DockerOptions;
  }
  if (url?.protocol === 'tcp:' && url.hostname !== '') {
    const port = url.port === '' ? (tls ? 2376 : 2375) : Number(url.port);
    return tls
      ? { ...common, host: url.hostname, port, protocol: 'https', ...tls }
      : { ...common, host: url.hostname, port, protocol: 'http' };
  }
  throw new GitkubeError('ConfigInvalid', `engine address '${host}' is neither unix:///path nor tcp://host:port`, {
    hint: 'GITKUBE_ENGINE or --engine sets it',
  });
}

/** What the engine answered by HTTP status: an answer, so no reason to try again. */
export function refusal(thrown: unknown): { failure: { message: string } } {
  const error = thrown as DialError & { json?: { message?: string } };
  if (!(thrown instanceof Error) || error.statusCode === undefined) throw thrown;
  return { failure: { message: withoutAnswer(error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim()) } };
}

/** What is not as an engine writes it is left out: readers of messages need not look again. */
function parseMessage(line: string): EngineMessage | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  const { aux, error, errorDetail, progressDetail } = value;
  return {
    ...pick(value, 'string', 'id', 'stream', 'status'),
    ...(aux === undefined ? {} : { aux }),
    ...(error === undefined ? {} : { error: typeof error === 'string' ? withoutAnswer(error) : JSON.stringify(error) }),
    ...(isObject(errorDetail) && { errorDetail: parseDetail(errorDetail) }),
    ...(isObject(progressDetail) && { progressDetail: pick(progressDetail, 'number', 'current', 'total') }),
  };
}

function parseDetail(detail: Record<string, unknown>): NonNullable<EngineMessage['errorDetail']> {
  const { message } = detail;
  const words = typeof message === 'string' ? { message: withoutAnswer(message) } : {};
  return { ...words, ...pick(detail, 'number', 'code') };
}

/**
 * An answer of a registry that is none of the API's own is quoted by the engine, with why it cannot read it. A pusher or
 * an author of a Remote names the registry, and must not read what some other server answers: its status is enough.
 */
function withoutAnswer(text: string): string {
  return text.replace(/error parsing (HTTP \d{3}) response body: .*/s, '$1');
}

function pick(from: Record<string, unknown>, type: 'string' | 'number', ...keys: readonly string[]) {
  return Object.fromEntries(keys.flatMap((key) => (typeof from[key] === type ? [[key, from[key]]] : [])));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
