import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKubeconfig } from '../cluster/kubeconfig.ts';
import { rig } from './rig.ts';

interface Held {
  readonly matches: (request: IncomingMessage) => boolean;
  readonly came: () => void;
}

/**
 * Hands every request on to the API server, as one who may do everything, but one that it keeps: whoever sent that has
 * done all before it and nothing after it, however fast either of them is.
 */
export class HoldingProxy implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #agent: Agent;
  #held: Held | undefined;
  #kept: ServerResponse | undefined;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    const { server: url, ...credentials } = readKubeconfig(rig().kubeconfig);
    this.#agent = new Agent({ keepAlive: true, ...credentials });
    this.#server = server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.#keeps(request, response)) handOn(request, response, url, this.#agent);
    });
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

  /** Resolves when the first request of this method for this object has come, dry runs aside. It is never answered. */
  hold(method: string, object: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const matches = (request: IncomingMessage) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://proxy');
      return request.method === method && pathname.endsWith(`/${object}`) && !searchParams.has('dryRun');
    };
    this.#held = { matches, came: resolve };
    return promise;
  }

  /** Cuts the connection of the request that it keeps: whoever sent it may try again. */
  cut(): void {
    this.#kept?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    this.#agent.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #keeps(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#held?.matches(request)) return false;
    this.#kept = response;
    this.#held.came();
    this.#held = undefined;
    return true;
  }
}

function handOn(request: IncomingMessage, response: ServerResponse, url: string, agent: Agent): void {
  const { host: _, ...headers } = request.headers;
  const asked = requestHttps(new URL(request.url ?? '', url), { agent, method: request.method, headers });
  asked.on('error', () => response.destroy());
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers).flushHeaders();
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  response.on('close', () => asked.destroy());
  request.pipe(asked);
}
