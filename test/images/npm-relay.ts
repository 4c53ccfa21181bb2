import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run } from '../cluster/run.ts';

/** The npm registry that this machine uses, for builds that reach this machine and nothing behind it. */
export class NpmRelay implements AsyncDisposable {
  /** The URL of the registry. */
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, host: string) {
    this.#server = server;
    this.url = `http://${host}:${(server.address() as AddressInfo).port}/`;
  }

  /** @param host the address of this machine as builds see it */
  static async start(host: string): Promise<NpmRelay> {
    const registry = (await run('npm', ['config', 'get', 'registry'])).trim();
    const server = createServer((request, response) => {
      answer(registry, request, response).catch((error: Error) => response.writeHead(502).end(error.message));
    });
    await once(server.listen(0, host), 'listening');
    return new NpmRelay(server, host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(registry: string, { method, url = '/' }: IncomingMessage, response: ServerResponse) {
  if (method !== 'GET') return response.writeHead(405).end();
  const found = await fetch(new URL(url.replace(/^\//, ''), registry));
  response.writeHead(found.status, { 'content-type': found.headers.get('content-type') ?? '' });
  return response.end(Buffer.from(await found.arrayBuffer()));
}
