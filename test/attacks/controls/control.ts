import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must, run } from '../../support/command.ts';
import type { Project } from '../../support/project.ts';
import type { Victim } from '../victim.ts';
import { askRegistry } from './naive-registry.ts';

const program = join(import.meta.dirname, 'main.ts');

/** A server that is weak on purpose, in a process of its own. It listens on 127.0.0.1, and takes the keys of the test alone. */
export class Control implements Victim, AsyncDisposable {
  readonly name = 'control';
  readonly data: string;
  readonly env = {};
  readonly #like: Victim;
  #child: ChildProcess | undefined;
  #ports = { http: 0, ssh: 0, oldSsh: 0 };
  #log = '';

  private constructor(data: string, like: Victim) {
    this.data = data;
    this.#like = like;
  }

  /** With the repositories of these projects, as they are now. */
  static async create(data: string, like: Victim, projects: readonly Project[]): Promise<Control> {
    const control = new Control(data, like);
    const keys = await Promise.all(
      projects.map(async (project) => [(await project.publicKey()).split(' ')[1], project.namespace]),
    );
    await writeFile(join(data, 'keys.json'), JSON.stringify(Object.fromEntries(keys)));
    for (const { folder, namespace } of projects) {
      const repository = control.repository(`/${namespace}/app`);
      await must('git', ['clone', '-q', '--bare', folder, repository]);
      await must('git', ['--git-dir', repository, 'config', 'receive.advertisePushOptions', 'true']);
      await copyFile(join(import.meta.dirname, 'naive-deploy.sh'), join(repository, 'hooks/post-receive'));
    }
    return control;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get path(): string {
    return this.#like.path;
  }
  get token(): string {
    return this.#like.token;
  }
  get keyFile(): string {
    return this.#like.keyFile;
  }
  get other() {
    return this.#like.other;
  }
  get main(): string {
    return this.#like.main;
  }
  get secret() {
    return this.#like.secret;
  }
  get folder(): string {
    return this.#like.folder;
  }
  get sshPort(): number {
    return this.#ports.ssh;
  }
  get oldSshPort(): number {
    return this.#ports.oldSsh;
  }

  repository(path = this.path): string {
    return join(this.data, path);
  }

  url(path: string, token = ''): string {
    return `http://${token && `x:${token}@`}127.0.0.1:${this.#ports.http}${path}`;
  }

  log(): string {
    return this.#log + (existsSync(this.#deployLog) ? readFileSync(this.#deployLog, 'utf8') : '');
  }

  async connectHttp(): Promise<Socket> {
    const socket = connect(this.#ports.http, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }

  async useRegistry(host: string): Promise<string> {
    await askRegistry(host, 'ann', 'secret');
    return '';
  }

  async serves(): Promise<boolean> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return false;
    return (await run('git', ['ls-remote', this.url(this.path, this.token)])).code === 0;
  }

  /** What attacks have left in memory is gone, and its log is empty. */
  async restart(): Promise<void> {
    await this.#end();
    this.#log = '';
    // It creates folders below the one in which it runs, too.
    const child = spawn(process.execPath, [program, this.data, this.token], {
      cwd: this.data,
      env: { ...process.env, LOG: this.#deployLog, TREES: join(this.data, 'trees') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    if (typeof first[0] !== 'string') throw new Error(`the control did not start:\n${this.#log}`);
    this.#ports = JSON.parse(first[0]);
    lines.on('line', (line) => {
      this.#log += `${line}\n`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  /** Of its hook. */
  get #deployLog(): string {
    return join(this.data, 'deploy.log');
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}
