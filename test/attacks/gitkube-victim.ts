import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { eventually } from '../support/eventually.ts';
import type { HttpsDoor } from '../support/https-door.ts';
import { isRunning } from '../support/processes.ts';
import type { Project } from '../support/project.ts';
import { remoteOf } from './remote-of.ts';
import type { Victim } from './victim.ts';

/** The server, and who attacks it with rights at one of its Remotes. */
export class GitkubeVictim implements Victim {
  readonly name = 'Gitkube';
  readonly token: string;
  readonly main: string;
  readonly #door: HttpsDoor;
  readonly #mine: Project;
  readonly #theirs: Project;

  constructor(door: HttpsDoor, mine: Project, theirs: Project, main: string, token: string) {
    this.#door = door;
    this.#mine = mine;
    this.#theirs = theirs;
    this.main = main;
    this.token = token;
  }

  get pid(): number {
    return this.#door.gitkube.pid;
  }

  get path(): string {
    return `/${this.#mine.namespace}/app`;
  }

  get keyFile(): string {
    return this.#mine.keyFile();
  }

  get other() {
    return { path: `/${this.#theirs.namespace}/app`, keyFile: this.#theirs.keyFile() };
  }

  get folder(): string {
    return this.#mine.folder;
  }

  get secret() {
    return { file: `${this.#mine.keyFile('secret')}`, content: `${this.#mine.namespace} keeps it` };
  }

  get sshPort(): number {
    return this.#door.gitkube.port;
  }

  get data(): string {
    return this.#door.gitkube.dataFolder;
  }

  get env(): Record<string, string> {
    return { GIT_SSL_CAINFO: this.#door.certificate };
  }

  repository(path = this.path): string {
    return `${join(this.data, 'repositories', path)}.git`;
  }

  url(path: string, token = ''): string {
    return `https://${token && `x:${token}@`}127.0.0.1:${this.#door.gitkube.gitHttpsPort}${path}`;
  }

  log(): string {
    return this.#door.gitkube.log.join('\n');
  }

  connectHttp(): Promise<Socket> {
    const to = { port: this.#door.gitkube.gitHttpsPort, host: '127.0.0.1', rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const socket = connect(to, () => resolve(socket)).on('error', reject);
    });
  }

  async useRegistry(host: string): Promise<string> {
    const { namespace } = this.#mine;
    const auth = Buffer.from('ann:secret').toString('base64');
    const config = JSON.stringify({ auths: { [host]: { auth } } });
    const type = 'kubernetes.io/dockerconfigjson';
    const metadata = { name: 'hostile', namespace };
    const secret = { apiVersion: 'v1', kind: 'Secret', type, metadata, stringData: { '.dockerconfigjson': config } };
    const spec = { registry: { url: `${host}/x`, credentials: { secretRef: 'hostile' } } };
    await this.#mine.apply(secret, remoteOf(namespace, 'hostile', await this.#mine.publicKey(), spec));
    // The Remote of the attack before this one is changed, too: its registry is not there any more.
    return eventually(async () => {
      const { output } = await this.#mine.tryGit([
        'push',
        this.#mine.url.replace(/app$/, 'hostile'),
        `${this.main}:refs/heads/main`,
      ]);
      if (!output.includes(host)) throw new Error(output);
      return output;
    }, 30_000);
  }

  async serves(): Promise<boolean> {
    if (!isRunning(this.pid)) return false;
    return (await this.#door.git(this.#mine, this.token, ['ls-remote', this.url(this.path)])).code === 0;
  }
}
