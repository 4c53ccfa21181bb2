import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asGitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Kube } from '../../kube/kube.ts';

/** What a template may look up is small; it lands in the memory of helm, which is limited. */
const maxRequests = 500;

/**
 * The way of `lookup` to the API server, for as long as one chart is rendered: reads only, with the rights of the account
 * that the manifests are applied as. The program that renders a stranger's templates gets no credentials of the cluster,
 * but a token that is worth something here and nowhere else.
 */
export class LookupRelay implements AsyncDisposable {
  readonly #kube: Pick<Kube, 'readPath'>;
  readonly #as: string;
  readonly #token = randomBytes(32).toString('hex');
  readonly #server: Server;
  #requests = 0;

  private constructor(kube: Pick<Kube, 'readPath'>, as: string) {
    this.#kube = kube;
    this.#as = as;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async open(kube: Pick<Kube, 'readPath'>, as: string): Promise<LookupRelay> {
    const relay = new LookupRelay(kube, as);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** With the token in its path: client-go sends no header with credentials where there is no TLS. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${this.#token}`;
  }

  /** For helm, which goes to loopback addresses without a proxy. */
  async writeKubeconfig(path: string, namespace: string): Promise<void> {
    const name = 'relay';
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: this.url } }],
      contexts: [{ name, context: { cluster: name, namespace } }],
      'current-context': name,
    };
    await writeFile(path, JSON.stringify(config), { flag: 'wx', mode: 0o600 });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: asked = '', headers } = request;
    const url = asked.slice(this.#token.length + 1);
    if (!this.#isToken(asked.slice(1, this.#token.length + 1))) return refuse(response, 401, 'this is not for you');
    if (method !== 'GET' || !isRead(url)) return refuse(response, 403, whyNot(url));
    if (++this.#requests > maxRequests)
      return refuse(response, 403, `a chart looks up ${maxRequests} times at the most`);
    try {
      const accept = headers.accept?.startsWith('application/json') ? headers.accept : 'application/json';
      const { status, contentType, body } = await this.#kube.readPath(url, { as: this.#as, accept });
      response.writeHead(status, { 'content-type': contentType }).end(body);
    } catch (thrown) {
      refuse(response, 503, asGitkubeError(thrown).message);
    }
  }

  #isToken(text: string): boolean {
    const [given, wanted] = [Buffer.from(text), Buffer.from(this.#token)];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

const group = String.raw`/api/v1|/apis/[\w.-]+/[\w.-]+`;
const name = String.raw`/[\w.:-]+`;
/** What there is (discovery), or one object or all of a kind; never a part of one, such as the proxy of a Service. */
const reads = [
  /^\/(version|api|apis)$/,
  new RegExp(`^(${group})(${name}){0,2}$`),
  new RegExp(`^(${group})/namespaces${name}(${name}){1,2}$`),
];

/** The way to watch before there was a query for it, which API servers still take. */
const watches = new RegExp(`^(${group})/watch(/|$)`);

/** @param url a path with its query */
export function isRead(url: string): boolean {
  const [path = '', query = ''] = url.split('?');
  if (path.includes('/../') || /\/\.{1,2}$/.test(path) || watches.test(path)) return false;
  return !new URLSearchParams(query).has('watch') && reads.some((read) => read.test(path));
}

/** Of a kind that it does not find helm asks the API server for its name alone. */
function whyNot(url: string): string {
  if (/^\/api\/(?!v1\b)/.test(url)) {
    return 'the cluster has no such kind; write it as in kubectl api-resources, such as Secret';
  }
  const odd = /\/([\w.:-]*%(?!2F)[^/?]*)(\?|$)/i.exec(url)?.[1];
  return odd === undefined ? 'a template only looks up objects' : `no object can have the name ${plain(odd, 253)}`;
}

/** A refusal in the form of an API server's, so that helm prints it. */
function refuse(response: ServerResponse, code: number, message: string): void {
  const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, message };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status));
}
