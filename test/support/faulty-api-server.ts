import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a healthy API server cannot be made to do on demand. Each fault is used up by one request. */
export type WatchFault =
  | 'reset'
  | 'gone event'
  | 'gone status'
  | 'status 500'
  | 'clean close'
  | 'half-open'
  | 'bad line';
export type ListFault = 'reset' | 'status 500' | 'no answer' | 'page token gone';

interface Thing {
  apiVersion: string;
  kind: string;
  metadata: { namespace: string; name: string; uid: string; resourceVersion: string };
  spec: unknown;
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Thing;
  readonly version: number;
}

/**
 * One collection of an API server, over plain http: lists in pages, watches from a resource version, and every fault that
 * a watch has to survive. The real cluster shows everything else.
 */
export class FaultyApiServer implements AsyncDisposable {
  readonly watchFaults: WatchFault[] = [];
  readonly listFaults: ListFault[] = [];
  readonly lists: URLSearchParams[] = [];
  readonly watches: URLSearchParams[] = [];
  kubeconfig = '';
  /** Called for each request to watch, before it is answered. */
  onWatch = () => {};
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));
  readonly #things = new Map<string, Thing>();
  readonly #history: Change[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #folder = '';
  #version = 100;
  #pageSize = 2;

  static async start(): Promise<FaultyApiServer> {
    const server = new FaultyApiServer();
    await server.#start();
    return server;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** @param id a name in the namespace default, or `namespace/name` */
  put(id: string, spec: unknown = {}, uid = `uid-of-${id}`): void {
    const type = this.#things.has(id) ? 'MODIFIED' : 'ADDED';
    const [name = '', namespace = 'default'] = id.split('/').reverse();
    const metadata = { namespace, name, uid, resourceVersion: String(++this.#version) };
    const thing = { apiVersion: 'test/v1', kind: 'Thing', metadata, spec };
    this.#things.set(id, thing);
    this.#happen({ type, object: thing, version: this.#version });
  }

  delete(id: string): void {
    const thing = this.#things.get(id);
    if (!thing) throw new Error(`there is no ${id}`);
    this.#things.delete(id);
    const metadata = { ...thing.metadata, resourceVersion: String(++this.#version) };
    this.#happen({ type: 'DELETED', object: { ...thing, metadata }, version: this.#version });
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(++this.#version) };
    for (const stream of this.#streams) send(stream, { type: 'BOOKMARK', object: { kind: 'Thing', metadata } });
  }

  /** Ends every watch: in good order, or by a reset. */
  endStreams(how: 'clean close' | 'reset'): void {
    for (const stream of this.#streams) {
      if (how === 'reset') reset(stream);
      else stream.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // Only the requested faults: it would hang up on a client that is held up for five seconds.
    this.#server.keepAliveTimeout = 0;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#folder = await mkdtemp(join(tmpdir(), 'gitkube-faults-'));
    this.kubeconfig = join(this.#folder, 'kubeconfig');
    const { port } = this.#server.address() as AddressInfo;
    // Plain http is refused without insecure-skip-tls-verify.
    const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
    const config = {
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'secret-token' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    };
    await writeFile(this.kubeconfig, JSON.stringify(config));
  }

  #happen(change: Change): void {
    this.#history.push(change);
    for (const stream of this.#streams) send(stream, change);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    if (query.get('watch') === 'true') this.#watch(query, response);
    else this.#list(query, response);
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    this.lists.push(query);
    const offset = Number(query.get('continue') ?? 0);
    const fault = this.listFaults[0] === 'page token gone' && offset === 0 ? undefined : this.listFaults.shift();
    if (fault === 'no answer') return;
    if (fault === 'reset') reset(response);
    else if (fault === 'status 500') fail(response, 500);
    else if (fault === 'page token gone') fail(response, 410);
    else this.#sendPage(query, offset, response);
  }

  #sendPage(query: URLSearchParams, offset: number, response: ServerResponse): void {
    const all = [...this.#things.values()];
    const pageSize = query.get('limit') === '0' ? all.length : this.#pageSize;
    const next = offset + pageSize;
    const metadata = {
      resourceVersion: String(this.#version),
      ...(next < all.length ? { continue: String(next) } : {}),
    };
    response.end(JSON.stringify({ kind: 'ThingList', metadata, items: all.slice(offset, next) }));
  }

  #watch(query: URLSearchParams, response: ServerResponse): void {
    this.watches.push(query);
    this.onWatch();
    const fault = this.watchFaults.shift();
    if (fault === 'gone status') fail(response, 410);
    else if (fault === 'status 500') fail(response, 500);
    else if (fault === 'reset') reset(response);
    else this.#stream(query, fault, response);
  }

  #stream(query: URLSearchParams, fault: WatchFault | undefined, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    // The connection stays and nothing ever comes: what a dead peer looks like from here.
    if (fault === 'half-open') return;
    if (fault === 'clean close') {
      response.end();
      return;
    }
    if (fault === 'gone event')
      send(response, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    if (fault === 'bad line') response.write('{"type":"ADDED","object":{"metada\n');
    const from = Number(query.get('resourceVersion'));
    for (const change of this.#history) if (change.version > from) send(response, change);
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }
}

function send(response: ServerResponse, event: object): void {
  response.write(`${JSON.stringify(event)}\n`);
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function fail(response: ServerResponse, code: number): void {
  response.writeHead(code, { 'content-type': 'application/json', 'x-internal': 'not for anybody' });
  response.end(JSON.stringify({ kind: 'Status', code, message: `fault ${code}`, reason: 'Fault' }));
}
