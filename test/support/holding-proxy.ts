import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { readKubeconfig } from '../cluster/kubeconfig.ts';
import { rig } from './rig.ts';

interface Held {
  readonly matches: (request: IncomingMessage) => boolean;
  readonly came: () => void;
}

/** `stall` takes a request and never answers; a number is the status of an answer. */
export type ApiFault = 'pass' | 'reset' | 'stall' | number | { readonly delayMs: number };

/**
 * Hands every request on to the API server, as one who may do everything, but one that it keeps: its sender has
 * done all before it and nothing after it, however fast either of them is. Does to all others what an API server that
 * fails would.
 */
export class HoldingProxy implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #url: string;
  /** Also of a request that was kept until now. */
  fault: (request: IncomingMessage) => ApiFault = () => 'pass';
  readonly #sockets = new Set<Socket>();
  /** That are under way. */
  readonly #answers = new Set<Readable>();
  #held: Held | undefined;
  #kept: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    const { server: url, ...credentials } = readKubeconfig(rig().kubeconfig);
    this.#agent = new Agent({ keepAlive: true, ...credentials });
    this.#url = url;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)));
    });
    this.#server = server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.#keeps(request, response)) this.#serve(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, client: Socket) => this.#serveStreams(request, client));
  }

  static async start(): Promise<HoldingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new HoldingProxy(await mkdtemp(join(tmpdir(), 'gitkube-proxy-')), server);
    const { port } = server.address() as AddressInfo;
    // Plain http is refused without insecure-skip-tls-verify.
    const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const config = {
      clusters: [{ name: 'proxy', cluster }],
      users: [{ name: 'proxy', user: {} }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
      'current-context': 'proxy',
    };
    await writeFile(proxy.kubeconfig, JSON.stringify(config));
    return proxy;
  }

  /** Resolves when the first request of this method for this object has come, dry runs aside; it is kept until `release`. */
  hold(method: string, object: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const matches = (request: IncomingMessage) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://proxy');
      return request.method === method && pathname.endsWith(`/${object}`) && !searchParams.has('dryRun');
    };
    this.#held = { matches, came: resolve };
    return promise;
  }

  /** Cuts the connection of the request that it keeps: its sender may try again. */
  cut(): void {
    this.#kept?.response.destroy();
  }

  /** Hands on the request that it keeps. */
  release(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept && !kept.response.destroyed) this.#serve(kept.request, kept.response);
  }

  /** Ends every connection but that of the request that it keeps. */
  cutOthers(): void {
    for (const socket of this.#sockets) if (socket !== this.#kept?.request.socket) socket.resetAndDestroy();
  }

  /** Nothing more comes of the answers that are under way: the other side of a connection that is half open. */
  silence(): void {
    for (const answer of this.#answers) answer.unpipe().pause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#agent.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #keeps(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#held?.matches(request)) return false;
    this.#kept = { request, response };
    this.#held.came();
    this.#held = undefined;
    return true;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.fault(request);
    if (fault === 'pass') this.#handOn(request, response);
    else if (fault === 'reset') request.socket.resetAndDestroy();
    else if (fault === 'stall') request.resume();
    else if (typeof fault === 'number') refuse(request, response, fault);
    else void delay(fault.delayMs).then(() => response.destroyed || this.#handOn(request, response));
  }

  #handOn(request: IncomingMessage, response: ServerResponse): void {
    const { host: _, ...headers } = request.headers;
    const { method } = request;
    const asked = requestHttps(new URL(request.url ?? '', this.#url), { agent: this.#agent, method, headers });
    asked.on('error', () => response.destroy());
    asked.on('response', (answer) => {
      this.#answers.add(answer.on('close', () => this.#answers.delete(answer)));
      response.writeHead(answer.statusCode ?? 0, answer.headers).flushHeaders();
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    response.on('close', () => asked.destroy());
    request.pipe(asked);
  }

  /** The streams of a container: it is attached to by a connection that becomes a WebSocket. */
  #serveStreams(request: IncomingMessage, client: Socket): void {
    const fault = this.fault(request);
    client.on('error', () => client.destroy());
    if (fault === 'pass') this.#handOnStreams(request, client);
    else if (fault === 'reset') client.resetAndDestroy();
    else if (typeof fault === 'number') client.end(headOf(fault, ['connection', 'close']));
    else if (typeof fault === 'object')
      void delay(fault.delayMs).then(() => client.destroyed || this.#handOnStreams(request, client));
  }

  #handOnStreams(request: IncomingMessage, client: Socket): void {
    const { host: _, ...headers } = request.headers;
    const asked = requestHttps(new URL(request.url ?? '', this.#url), { agent: this.#agent, headers });
    asked.on('error', () => client.destroy());
    asked.on('response', ({ statusCode = 0 }) => client.end(headOf(statusCode, ['connection', 'close'])));
    asked.on('upgrade', ({ rawHeaders }, upstream: Socket, begin) => {
      this.#answers.add(upstream.on('close', () => this.#answers.delete(upstream)));
      client.write(headOf(101, rawHeaders));
      client.write(begin);
      upstream.on('error', () => client.destroy()).on('close', () => client.destroySoon());
      client.on('close', () => upstream.destroy());
      upstream.pipe(client).pipe(upstream);
    });
    asked.end();
  }
}

/** @param headers names and values in turn */
function headOf(code: number, headers: readonly string[]): string {
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
  return [`HTTP/1.1 ${code} ${STATUS_CODES[code]}`, ...lines, '', ''].join('\r\n');
}

/** As the API server words it. */
function refuse(request: IncomingMessage, response: ServerResponse, code: number): void {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: reasons[code],
    message: 'for a test',
    code,
  };
  const headers = { 'content-type': 'application/json', ...(code === 429 && { 'retry-after': '1' }) };
  request.resume().on('end', () => response.writeHead(code, headers).end(JSON.stringify(status)));
}

const reasons: Readonly<Record<number, string>> = { 410: 'Expired', 429: 'TooManyRequests' };
