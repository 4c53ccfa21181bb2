import { randomBytes } from 'node:crypto';
import { appendFile, chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { WorkloadKind } from '../../kube/kube.ts';
import { callApi, deleteNamespace, ensureNamespace } from './api-server.ts';
import { type AppOptions, app, target } from './app.ts';
import { type CommandOptions, type Finished, must, run } from './command.ts';
import { createApplied } from './create-applied.ts';
import { eventually } from './eventually.ts';
import { giveTo } from './lease.ts';
import { RawSsh } from './raw-ssh.ts';
import { rig } from './rig.ts';
import { servedPage } from './service-page.ts';
import { workloadImage } from './workload-image.ts';

export interface ProjectOptions extends AppOptions {
  /** Default: one of its own. */
  readonly namespace?: string;
  /** Names of the Deployments, each with a container of its own name; default: one, `www`. */
  readonly deployments?: readonly string[];
  /** Changes of the Remote's spec. */
  readonly spec?: Record<string, unknown>;
}

interface KnownRemote {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly remoteUrl?: string; readonly observedGeneration?: number };
}

/** Where a server takes pushes. */
export interface PushAddress {
  /** GITKUBE_SERVER_NAME of the server there. */
  readonly name: string;
  /** Default: this machine. */
  readonly host?: string;
  readonly port: number;
}

/** What a developer and an operator have: a namespace with Deployments and a Remote, a repository, a key. */
export class Project implements AsyncDisposable {
  readonly namespace: string;
  readonly folder: string;
  #gitkube: PushAddress;
  readonly #kubeconfig = rig().kubeconfig;
  /** Holds the repository and the keys. */
  readonly #base: string;

  private constructor(gitkube: PushAddress, namespace: string, base: string) {
    this.#gitkube = gitkube;
    this.namespace = namespace;
    this.#base = base;
    this.folder = join(base, 'repository');
  }

  static async create(gitkube: PushAddress, options: ProjectOptions = {}): Promise<Project> {
    const namespace = options.namespace ?? `test-${randomBytes(4).toString('hex')}`;
    const project = new Project(gitkube, namespace, await mkdtemp(join(tmpdir(), 'gitkube-project-')));
    const deployments = options.deployments ?? ['www'];
    await project.#makeRepository();
    await project.makeKey('id');
    for (const name of deployments) await project.writeApp(name, `${name} 1`);
    await project.commit('first version');
    const remote = await project.#newRemote({
      deployments: deployments.map((name) => target(name, options)),
      ...options.spec,
    });
    await ensureNamespace(namespace);
    await giveTo(gitkube.name, namespace);
    await Promise.all([...deployments.flatMap((name) => app(name, namespace, options)), remote].map(createApplied));
    await project.remoteIsKnown();
    return project;
  }

  get url(): string {
    return `ssh://git@${this.#gitkube.host ?? '127.0.0.1'}:${this.#gitkube.port}/${this.namespace}/app`;
  }

  /** The server is elsewhere from now on. */
  async moveTo(gitkube: PushAddress): Promise<void> {
    this.#gitkube = gitkube;
    await giveTo(gitkube.name, this.namespace);
  }

  async makeKey(name: string): Promise<string> {
    const path = join(this.#base, name);
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${name}@test`, '-f', path]);
    return path;
  }

  keyFile(name = 'id'): string {
    return join(this.#base, name);
  }

  async publicKey(name = 'id'): Promise<string> {
    return readFile(join(this.#base, `${name}.pub`), 'utf8');
  }

  /** Applies the Remote `app` and resolves when a server has reported that it knows this version; all watch the same. */
  async applyRemote(spec: Record<string, unknown>): Promise<void> {
    await this.apply(await this.#newRemote(spec));
    await this.remoteIsKnown();
  }

  /** A folder with an app that serves one page. */
  async writeApp(folder: string, page: string, dockerfile = appDockerfile()): Promise<void> {
    await this.write(`${folder}/Dockerfile`, dockerfile);
    await this.write(`${folder}/index.html`, `${page}\n`);
  }

  async write(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, mode);
  }

  async copyIn(from: string, path: string): Promise<void> {
    await copyFile(from, join(this.folder, path));
  }

  async commit(message: string): Promise<string> {
    await this.git('add', '-A');
    await this.git('commit', '-q', '--allow-empty', '-m', message);
    return (await this.git('rev-parse', 'HEAD')).trim();
  }

  /** git in the repository; has to succeed. */
  git(...args: string[]): Promise<string> {
    return must('git', ['-C', this.folder, ...args], { env: this.#gitEnv() });
  }

  /** git in the repository with further options of ssh; has to succeed. */
  gitOver(sshOptions: string, ...args: string[]): Promise<string> {
    const env = this.#gitEnv();
    const GIT_SSH_COMMAND = `${env.GIT_SSH_COMMAND} ${sshOptions}`;
    return must('git', ['-C', this.folder, ...args], { env: { ...env, GIT_SSH_COMMAND } });
  }

  /** git in the repository, however it ends. */
  tryGit(args: readonly string[], options: CommandOptions & { key?: string } = {}): Promise<Finished> {
    return run('git', ['-C', this.folder, ...args], {
      ...options,
      env: { ...this.#gitEnv(options.key), ...options.env },
    });
  }

  push(...args: string[]): Promise<Finished> {
    return this.tryGit(['push', this.url, ...(args.length > 0 ? args : ['HEAD:main'])]);
  }

  /** ssh to the server, with a command or options. */
  ssh(...args: string[]): Promise<Finished> {
    return this.sshWith({}, ...args);
  }

  sshWith({ key, ...options }: CommandOptions & { key?: string }, ...args: string[]): Promise<Finished> {
    const [program = 'ssh', ...given] = this.#gitEnv(key).GIT_SSH_COMMAND.split(' ');
    const { port, host = '127.0.0.1' } = this.#gitkube;
    return run(program, [...given, '-p', String(port), `git@${host}`, ...args], options);
  }

  /** An SSH connection of a client in this process, with one key. */
  async connect(key = 'id'): Promise<RawSsh> {
    return RawSsh.connect(this.#gitkube.port, { privateKey: await readFile(this.keyFile(key)) });
  }

  /** Whether the server on this machine takes a login with the key. */
  async mayLogIn(key = 'id'): Promise<boolean> {
    return this.connect(key).then(
      (connection) => {
        connection[Symbol.dispose]();
        return true;
      },
      () => false,
    );
  }

  kubectl(...args: string[]): Promise<string> {
    return must(rig().kubectl, ['--kubeconfig', this.#kubeconfig, '-n', this.namespace, ...args]);
  }

  /** The Remote, as the API server has it; a tenth of what kubectl takes, for a wait. */
  async remote<T extends object>(): Promise<T> {
    return JSON.parse(await callApi('GET', this.#remotePath)) as T;
  }

  /** Objects of the namespace. @param collection `/apis/apps/v1/deployments`: its path without the namespace */
  async list<T extends object>(collection: string): Promise<readonly T[]> {
    const [, group = '', plural = ''] = /^(.*)\/([^/]+)$/.exec(collection) ?? [];
    const found = JSON.parse(await callApi('GET', `${group}/namespaces/${this.namespace}/${plural}`)) as { items: T[] };
    return found.items;
  }

  apply(...objects: object[]): Promise<string> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    return must(rig().kubectl, ['--kubeconfig', this.#kubeconfig, 'apply', '-f', '-'], { input: JSON.stringify(list) });
  }

  /** The page that the Service of a Deployment serves. */
  page(name = 'www'): Promise<string> {
    return servedPage(this.namespace, name);
  }

  async image(name = 'www', container = name, kind: WorkloadKind = 'Deployment'): Promise<string> {
    return workloadImage(this.namespace, kind, name, container);
  }

  /** Ends it where no server is left that would release its Remote. */
  async abandon(): Promise<void> {
    await this.kubectl('patch', 'remote', 'app', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await deleteNamespace(this.namespace);
    await rm(this.#base, { recursive: true, force: true });
  }

  get #remotePath(): string {
    return `/apis/gitkube.sh/v1alpha1/namespaces/${this.namespace}/remotes/app`;
  }

  async #newRemote(spec: Record<string, unknown>) {
    return {
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'app', namespace: this.namespace },
      spec: { authorizedKeys: [await this.publicKey()], ...spec },
    };
  }

  /** Resolves when a server has reported that it knows this version of the Remote. */
  async remoteIsKnown(): Promise<void> {
    await eventually(async () => {
      const { metadata, status } = await this.remote<KnownRemote>();
      return status?.remoteUrl !== undefined && status.observedGeneration === metadata.generation;
    });
  }

  async #makeRepository(): Promise<void> {
    await must('git', ['init', '-q', '-b', 'main', this.folder]);
    // As `git config` writes it, which starts a program for each line; one more looks after each commit for what to pack.
    const config = '[user]\n\tname = Test\n\temail = test@example.com\n[maintenance]\n\tauto = false\n';
    await appendFile(join(this.folder, '.git/config'), config);
  }

  #gitEnv(key = 'id') {
    const identity = join(this.#base, key);
    const ssh = `ssh -F none -i ${identity} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
    return { GIT_SSH_COMMAND: ssh, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  }
}

/** Serves index.html on port 8080. @param extra lines before the last one */
export function appDockerfile(extra = '', command = 'exec httpd -f -p 8080 -h /www'): string {
  return `FROM ${rig().baseImage}\nCOPY index.html /www/index.html\n${extra}\nCMD ["sh", "-c", "${command}"]\n`;
}
