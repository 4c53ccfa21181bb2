import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a real registry cannot be made to do: content that is not what its digest says, no mounts, redirects, silence. */
export class FakeRegistry implements AsyncDisposable {
  /** By `repository digest-or-tag`. */
  readonly manifests = new Map<string, Buffer>();
  readonly blobs = new Map<string, Buffer>();
  /** Method and path of each request. */
  readonly asked: string[] = [];
  mounts = true;
  /** Where blobs are read instead; unset: here. */
  redirect: string | undefined;
  refusesMounts = false;
  /** Answers 403 in place of 404. */
  hidesMissing = false;
  /** Lists what refers to an image, as distribution-spec 1.1 has it. */
  listsReferrers = false;
  /** Sends half of a blob and no more. */
  isSilent = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      // A client that goes in the middle.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @returns its digest */
  putBlob(repository: string, content: Buffer): string {
    const digest = digestOf(content);
    this.blobs.set(`${repository} ${digest}`, content);
    return digest;
  }

  /** @returns its digest */
  putManifest(repository: string, content: object): string {
    const body = Buffer.from(JSON.stringify(content));
    const digest = digestOf(body);
    this.manifests.set(`${repository} ${digest}`, body);
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    this.asked.push(`${method} ${url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [path = '', query = ''] = url.split('?');
    const [, repository = '', kind, name = ''] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/(.*)$/.exec(path) ?? [];
    const parameters = new URLSearchParams(query);
    if (kind === 'referrers') return this.#referrers(repository, name, response);
    if (kind === 'manifests') return this.#manifest(method, `${repository} ${name}`, body, response);
    if (method === 'POST') return this.#begin(repository, parameters, response);
    if (method === 'DELETE') return void response.writeHead(204).end();
    if (method === 'PUT') return this.#finish(repository, parameters.get('digest') ?? '', body, response);
    this.#blob(method, `${repository} ${name}`, name, response);
  }

  #manifest(method: string, key: string, body: Buffer, response: ServerResponse): void {
    if (method === 'PUT') this.manifests.set(key, body);
    const found = this.manifests.get(key);
    const status = method === 'PUT' ? 201 : found ? 200 : 404;
    const subject = method === 'PUT' && this.listsReferrers ? subjectOf(body) : undefined;
    const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    response.writeHead(status, { ...type, ...(subject && { 'oci-subject': subject }) });
    response.end(method === 'GET' ? found : undefined);
  }

  #referrers(repository: string, digest: string, response: ServerResponse): void {
    if (!this.listsReferrers) return void response.writeHead(404).end();
    const manifests = [...this.manifests]
      .filter(([key, body]) => key.startsWith(`${repository} sha256:`) && subjectOf(body) === digest)
      .map(([, body]) => ({ digest: digestOf(body), artifactType: JSON.parse(body.toString()).artifactType }));
    response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' });
    response.end(JSON.stringify({ schemaVersion: 2, manifests }));
  }

  #begin(repository: string, parameters: URLSearchParams, response: ServerResponse): void {
    const [digest, from] = [parameters.get('mount'), parameters.get('from')];
    const found = this.blobs.get(`${from} ${digest}`);
    if (digest !== null && this.refusesMounts) return void response.writeHead(403).end();
    const isMounted = this.mounts && found !== undefined;
    if (isMounted) this.blobs.set(`${repository} ${digest}`, found);
    const location = `/v2/${repository}/blobs/${isMounted ? digest : 'upload/1?_state=x'}`;
    response.writeHead(isMounted ? 201 : 202, { location }).end();
  }

  #finish(repository: string, digest: string, body: Buffer, response: ServerResponse): void {
    const isRight = digestOf(body) === digest;
    if (isRight) this.blobs.set(`${repository} ${digest}`, body);
    const errors = [{ code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' }];
    response.writeHead(isRight ? 201 : 400).end(isRight ? undefined : JSON.stringify({ errors }));
  }

  #blob(method: string, key: string, digest: string, response: ServerResponse): void {
    const found = this.blobs.get(key);
    if (!found) return void response.writeHead(this.hidesMissing ? 403 : 404).end();
    if (method === 'HEAD' && this.redirect === undefined) return void response.writeHead(200).end();
    if (this.redirect !== undefined)
      return void response.writeHead(307, { location: `${this.redirect}/${digest}` }).end();
    response.writeHead(200, { 'content-length': found.length });
    if (this.isSilent) return void response.write(found.subarray(0, found.length / 2));
    response.end(found);
  }
}

function subjectOf(manifest: Buffer): string | undefined {
  return (JSON.parse(manifest.toString()) as { subject?: { digest: string } }).subject?.digest;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
