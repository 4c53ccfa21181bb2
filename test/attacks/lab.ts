import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { addToken, HttpsDoor } from '../support/https-door.ts';
import { isRunning } from '../support/processes.ts';
import { Project } from '../support/project.ts';
import { Control } from './controls/control.ts';
import type { Victim } from './victim.ts';

/** Gitkube with two Remotes that were pushed once, and the control with the same repositories, keys and tokens. */
export class Lab implements AsyncDisposable {
  readonly gitkube: Victim;
  readonly #control: Control;
  readonly #stack: AsyncDisposableStack;

  private constructor(gitkube: Victim, control: Control, stack: AsyncDisposableStack) {
    this.gitkube = gitkube;
    this.#control = control;
    this.#stack = stack;
  }

  static async open(): Promise<Lab> {
    await using stack = new AsyncDisposableStack();
    const door = stack.use(await HttpsDoor.open({ GITKUBE_MAX_CONTEXT_BYTES: String(32 * 1024 ** 2) }));
    const namespace = `attack-${randomBytes(4).toString('hex')}`;
    const namespaces = [namespace, namespace.slice(0, -1)];
    const projects = await Promise.all(namespaces.map((one) => newProject(door, one)));
    const [mine, theirs] = projects.map((project) => stack.use(project)) as [Project, Project];
    for (const { code, output } of await Promise.all([mine.push(), theirs.push()]))
      if (code !== 0) throw new Error(output);
    const main = (await mine.git('rev-parse', 'HEAD')).trim();
    const key = await theirs.publicKey();
    await mine.apply(remoteOf(mine.namespace, 'app.git-private', key));
    const gitkube = new GitkubeVictim(door, mine, theirs, main, await addToken(mine, 'mine'));
    const folder = await mkdtemp(join(tmpdir(), 'weak-control-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const control = stack.use(await Control.create(folder, gitkube, [mine, theirs]));
    return new Lab(gitkube, control, stack.move());
  }

  /** The last attack may have ended it. */
  async freshControl(): Promise<Victim> {
    await this.#control.restart();
    return this.#control;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

class GitkubeVictim implements Victim {
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

  async serves(): Promise<boolean> {
    if (!isRunning(this.pid)) return false;
    return (await this.#door.git(this.#mine, this.token, ['ls-remote', this.url(this.path)])).code === 0;
  }
}

function newProject({ gitkube }: HttpsDoor, namespace: string): Promise<Project> {
  return Project.create(gitkube, { replicas: 0, namespace });
}

/** Of somebody else, and its name begins with that of the attacker's. */
function remoteOf(namespace: string, name: string, key: string): object {
  const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
  const metadata = { name, namespace };
  return { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata, spec: { authorizedKeys: [key], deployments } };
}
