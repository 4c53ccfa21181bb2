import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What each path answers; there is nothing else. */
export type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

const limits = {
  // Node's own defaults fit a server of pages: minutes, and any number of connections.
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
};
const MAX_CONNECTIONS = 100;
const MAX_REQUESTS_PER_CONNECTION = 1_000;

/**
 * Probes and metrics: a few paths that are read, without parameters and without bodies. It has no secret to reveal and
 * nothing to change, and still everybody who reaches the pod can use it: so it is small, and everything about it is limited.
 */
export class HttpServer implements AsyncDisposable {
  readonly #server: Server;

  constructor(routes: Routes, log: Logger) {
    this.#server = createServer(limits, (request, response) => {
      answer(routes, request).then(
        (found) => send(request, response, found),
        (thrown) => {
          log.error({ err: asGitkubeError(thrown), path: request.url }, 'an HTTP request failed');
          send(request, response, text(500, 'something went wrong inside Gitkube'));
        },
      );
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    this.#server.on('clientError', (_, socket) => socket.destroy());
    // A client that asks before it sends a body gets the same refusal as one that just sends it.
    this.#server.on('checkContinue', (request, response) => send(request, response, text(413, 'no bodies')));
  }

  /**
   * @returns the port, which was chosen by the system when `port` is 0
   * @throws ConfigInvalid
   */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening').catch((cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : `${cause.code}`;
      throw new GitkubeError('ConfigInvalid', `cannot serve HTTP on ${host} port ${port}: ${why}`, {
        hint: 'choose another address with GITKUBE_HTTP_LISTEN',
        cause,
      });
    });
    // A connection that cannot be accepted, for want of file descriptors, is no reason to end the server.
    this.#server.on('error', () => {});
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(routes: Routes, request: IncomingMessage): Promise<Answer> {
  const { method, headers, url = '' } = request;
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD');
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
    return text(413, 'no bodies');
  }
  const path = url.split('?', 1)[0] ?? '';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  return route ? route() : text(404, `there are ${Object.keys(routes).join(', ')}`);
}

export function text(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
    // After a body that nobody reads, the connection is of no more use.
    ...((status === 405 || status === 413) && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
