import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Repositories below a folder over HTTP, by git's own http-backend (git-http-backend(1)). */
export class GitHttp implements AsyncDisposable {
  /** The URL of each request. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(folder: string): Promise<GitHttp> {
    const server = new GitHttp(folder);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(repository: string): string {
    return `http://${this.host}/${repository}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', method = '', headers } = request;
    this.asked.push(url);
    const [path = '', query = ''] = url.split('?');
    // A work tree has its repository in a folder of it.
    const [, name = '', rest = ''] = /^\/([\w-]+)(\/.*)$/.exec(path) ?? [];
    const child = spawn('git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'uploadpack.allowReachableSHA1InWant',
        GIT_CONFIG_VALUE_0: 'true',
        PATH_INFO: `/${name}/.git${rest}`,
        QUERY_STRING: query,
        REQUEST_METHOD: method,
        CONTENT_TYPE: headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      },
    });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const lines = all.toString('latin1', 0, end).split('\r\n');
      const fields = lines.map((line) => line.split(': ', 2) as [string, string]);
      const status = Number(fields.find(([field]) => field === 'Status')?.[1]?.slice(0, 3) ?? 200);
      response.writeHead(status, Object.fromEntries(fields.filter(([field]) => field !== 'Status')));
      response.end(all.subarray(end + 4));
    });
  }
}
