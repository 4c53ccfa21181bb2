import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { AddressList } from '../../base/address-list.ts';
import { withoutMapping } from '../../base/address-list.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { PerKeyLimiter } from '../access/per-key-limiter.ts';
import { type Principal, wayOf } from '../access/principal.ts';
import { asTyped } from '../commands/refusal.ts';
import type { GitGateway } from '../gateways/git-gateway.ts';
import { answerError, answerText } from './answer.ts';
import { type AuthenticateParts, authenticate } from './authenticate.ts';
import { clientAddress } from './client-address.ts';
import { Connections } from './connections.ts';
import { FrontCheck } from './front-check.ts';
import { type Route, routeOf } from './route.ts';
import { serveRoute } from './serve-route.ts';

export interface GitHttpOptions extends AuthenticateParts {
  readonly git: Pick<GitGateway, 'fetch' | 'advertise' | 'push' | 'foresee'>;
  /** Unset: it speaks plain HTTP, and to the proxies alone. */
  readonly certificate?: SecureContextOptions | undefined;
  /** Who may say for whom they ask. */
  readonly proxies?: AddressList | undefined;
  /** How the URL of a Remote looks, for hints. */
  readonly urlForm: () => string;
  readonly maxConnections: number;
  /** Requests at once. */
  readonly maxOfToken: number;
  /** Milliseconds that output may wait for the client to read. */
  readonly unreadMs: number;
}

const limits = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  // A push may take an hour; what stands still has a limit of its own.
  requestTimeout: 0,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16 * 1024,
};
/** What authenticates as it encrypts, with forward secrecy (RFC 9325, section 4.2): every git of the last ten years has one of them. */
const tls = {
  minVersion: 'TLSv1.2',
  ciphers: [
    ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ...['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ].join(':'),
} as const;
/** git writes at least every five seconds while it works. */
const STALL_MS = 90_000;
const MAX_REQUESTS_PER_CONNECTION = 1000;

/** The second door: git over HTTPS (gitprotocol-http(5)). Each request of git has its token checked before anything else. */
export class GitHttpServer {
  readonly #options: GitHttpOptions;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #perToken: PerKeyLimiter;
  readonly #check: FrontCheck;

  constructor(options: GitHttpOptions) {
    this.#options = options;
    const { certificate, maxConnections, maxOfToken, proxies } = options;
    this.#server = certificate ? createTlsServer({ ...limits, ...tls, ...certificate }) : createServer(limits);
    const isProxy = (address: string) => proxies?.includes(withoutMapping(address)) ?? false;
    this.#connections = new Connections(this.#server, isProxy);
    this.#perToken = new PerKeyLimiter(maxOfToken, 'requests under way', 'token');
    this.#check = new FrontCheck(options.clock);
    this.#server.on('request', (request, response) => void this.#take(request, response));
    this.#server.maxConnections = maxConnections;
    this.#server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.setTimeout(STALL_MS, (socket) => socket.destroy());
  }

  /** From the next connection on. */
  use(certificate: SecureContextOptions): void {
    if (this.#options.certificate) (this.#server as TlsServer).setSecureContext({ ...tls, ...certificate });
  }

  /** @returns the port, which the system chooses where it is 0 @throws ConfigInvalid */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening').catch((cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : `${cause.code}`;
      throw new GitkubeError('ConfigInvalid', `cannot serve git on ${host} port ${port}: ${why}`, {
        hint: 'choose another address with GITKUBE_GIT_HTTPS_LISTEN',
        cause,
      });
    });
    this.#server.on('error', () => {});
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** Takes no new connection, and ends those that are open when their time is over. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#connections.destroyAll(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { log } = this.#options;
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      if (!(await this.#connections.begin(request.socket, response))) return void request.socket.destroy();
      await this.#answer(request, response);
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      if (error.kind === 'internal') log.error({ err: error }, 'a request of git failed');
      if (response.headersSent) response.destroy();
      else await answerError(request, response, error);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { certificate, proxies, urlForm } = this.#options;
    const route = this.#check.find(request) ?? routeOf(request.method, request.url);
    if (!route) return answerText(request, response, 404, 'gitkube: there is no repository at this URL\n');
    const { address, byProxy } = clientAddress(request, proxies);
    if (!certificate && !byProxy) {
      return answerText(request, response, 403, 'gitkube: without TLS it takes requests of its proxy alone\n');
    }
    if (!('remote' in route)) return this.#check.answer(route, request, response);
    const who = await authenticate(this.#options, route, request.headers.authorization, address);
    if (!('fingerprint' in who)) return answerText(request, response, who.status, who.text);
    // Nothing begins for somebody who has left.
    if (response.destroyed) return;
    this.#connections.admit(request.socket);
    try {
      await this.#serve(route, who, request, response);
    } catch (thrown) {
      const about = { remote: route.remote, isPush: route.service === 'git-receive-pack' };
      throw asTyped(asGitkubeError(thrown), wayOf(who, urlForm()), about);
    }
  }

  async #serve(route: Route, principal: Principal, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const leave = this.#perToken.take(principal.fingerprint);
    if (!leave) throw this.#perToken.refusal;
    try {
      await serveRoute(this.#options, { route, principal, request, response });
    } finally {
      leave();
    }
  }
}
