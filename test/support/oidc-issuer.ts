import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { makeCertificate } from '../cluster/certificates.ts';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** An OpenID Connect issuer as that of a CI system: it says where its keys are, has them, and signs tokens. */
export class OidcIssuer implements AsyncDisposable {
  /** What its clients trust. */
  readonly certificate: string;
  /** The path of each request. */
  readonly asked: string[] = [];
  /** Whether it answers; when not, it closes each connection. */
  isUp = true;
  /** Claims of the job that asks for its token, as a runner of GitHub Actions does. */
  job: JWTPayload = {};
  readonly #folder: string;
  readonly #server: Server;
  #keys: Keys;
  #kid = 1;

  private constructor(folder: string, certificate: string, server: Server, keys: Keys) {
    this.#folder = folder;
    this.certificate = certificate;
    this.#server = server;
    this.#keys = keys;
  }

  static async start(): Promise<OidcIssuer> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-issuer-'));
    const names = ['subjectAltName=IP:127.0.0.1', 'basicConstraints=critical,CA:TRUE'];
    const { cert, key } = await makeCertificate(folder, 'tls', '/CN=127.0.0.1', undefined, names);
    const server = createServer({ cert: await readFile(cert), key: await readFile(key) });
    const issuer = new OidcIssuer(folder, cert, server, await generateKeyPair('RS256'));
    server.on('request', async ({ url = '', socket }, response) => {
      issuer.asked.push(url);
      if (!issuer.isUp) return void socket.destroy();
      const body = await issuer.#answer(url);
      response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ci`;
  }

  /** A token of five minutes. @param claims beside those, or in place of them */
  async sign(claims: JWTPayload, { privateKey }: Pick<Keys, 'privateKey'> = this.#keys): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: this.url, iat: now, nbf: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: String(this.#kid) })
      .sign(privateKey);
  }

  /** From now on it signs with another key. */
  async rotate(): Promise<void> {
    this.#keys = await generateKeyPair('RS256');
    this.#kid++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answer(url: string): Promise<object | undefined> {
    const { pathname, searchParams } = new URL(url, this.url);
    const aud = searchParams.get('audience');
    if (pathname === '/ci/token' && aud) return { value: await this.sign({ ...this.job, aud }), count: 1 };
    if (url === '/ci/.well-known/openid-configuration') return { issuer: this.url, jwks_uri: `${this.url}/keys` };
    if (url !== '/ci/keys') return undefined;
    const jwk = await exportJWK(this.#keys.publicKey);
    return { keys: [{ ...jwk, kid: String(this.#kid), alg: 'RS256', use: 'sig' }] };
  }
}
