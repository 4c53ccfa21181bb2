import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../cluster/certificates.ts';
import { cli } from './cli.ts';
import { type CommandOptions, type Finished, must, run } from './command.ts';
import { Gitkube } from './gitkube.ts';
import type { OidcIssuer } from './oidc-issuer.ts';
import type { Project } from './project.ts';

/** A server that serves git over HTTPS, with a certificate of its own. */
export class HttpsDoor implements AsyncDisposable {
  readonly gitkube: Gitkube;
  readonly #folder: string;

  private constructor(gitkube: Gitkube, folder: string) {
    this.gitkube = gitkube;
    this.#folder = folder;
  }

  static async open(env: Record<string, string> = {}): Promise<HttpsDoor> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-tls-'));
    const names = ['subjectAltName=IP:127.0.0.1', 'basicConstraints=critical,CA:TRUE'];
    const pair = await makeCertificate(folder, 'tls', '/CN=127.0.0.1', undefined, names);
    if (pair.cert !== join(folder, 'tls.crt')) throw new Error(`the certificate is in ${pair.cert}`);
    const https = { GITKUBE_GIT_HTTPS_LISTEN: '127.0.0.1:0', GITKUBE_GIT_HTTPS_CERTIFICATE: folder };
    return new HttpsDoor(await Gitkube.start({ ...https, ...env }), folder);
  }

  /** One that takes the tokens of an issuer, and those of ServiceAccounts. */
  static trusting({ url, certificate }: Pick<OidcIssuer, 'url' | 'certificate'>): Promise<HttpsDoor> {
    return HttpsDoor.open({
      GITKUBE_TRUSTED_ISSUERS: url,
      GITKUBE_SERVICE_ACCOUNT_TOKENS: 'on',
      NODE_EXTRA_CA_CERTS: certificate,
    });
  }

  /** What its clients trust. */
  get certificate(): string {
    return join(this.#folder, 'tls.crt');
  }

  url({ namespace }: Pick<Project, 'namespace'>): string {
    return `https://127.0.0.1:${this.gitkube.gitHttpsPort}/${namespace}/app`;
  }

  /** git in the repository of a project, which gives this token when it is asked for a password. */
  async git(project: Project, token: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
    const helper = `!f() { test "$1" = get && echo username=ci && echo password=${token}; }; f`;
    const config = ['-c', `credential.helper=${helper}`];
    const env = {
      ...{ GIT_SSL_CAINFO: this.certificate, GIT_TERMINAL_PROMPT: '0', no_proxy: '127.0.0.1' },
      ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      ...options.env,
    };
    return run('git', ['-C', project.folder, ...config, ...args], { ...options, env });
  }

  /** @returns status, headers and body, as curl prints them */
  curl(path: string, ...args: string[]): Promise<string> {
    const url = `https://127.0.0.1:${this.gitkube.gitHttpsPort}${path}`;
    return must('curl', ['-sS', '-i', '--path-as-is', '--noproxy', '*', '--cacert', this.certificate, ...args, url]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gitkube[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** `gitkube remote tokens add`. */
export async function addToken({ namespace }: Project, name: string, ...flags: string[]): Promise<string> {
  const { code, output, stdout } = await cli(['remote', 'tokens', 'add', `${namespace}/app`, name, ...flags]);
  if (code !== 0) throw new Error(output);
  return stdout.trim();
}

/** A file that git cannot make smaller. */
export async function writeNoise({ folder }: Project, name: string, bytes: number): Promise<void> {
  await writeFile(join(folder, name), randomBytes(bytes));
}
