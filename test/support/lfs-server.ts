import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';
import { eventually } from './eventually.ts';

const modules = join(import.meta.dirname, 'lfs-server');
const flags = { GOFLAGS: '-mod=readonly', GOWORK: 'off', CGO_ENABLED: '0' };

/** A server of Git LFS: the one that its client is tested with, built from its sources. It takes the login user:pass. */
export class LfsServer implements AsyncDisposable {
  readonly username = 'user';
  readonly password = 'pass';
  readonly #origin: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(origin: string, child: ChildProcess, folder: string) {
    this.#origin = origin;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(): Promise<LfsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-lfs-server-'));
    const program = join(folder, 'server');
    const options = { cwd: modules, env: flags };
    await must('go', ['mod', 'download', 'github.com/git-lfs/git-lfs/v3'], options);
    const source = await must('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/git-lfs/git-lfs/v3'], options);
    const main = join(source.trim(), 't/cmd/lfstest-gitserver.go');
    await must('go', ['build', '-tags', 'testtools', '-o', program, main], options);
    const state = (name: string) => join(folder, name);
    const env = {
      ...process.env,
      LFSTEST_DIR: folder,
      LFSTEST_URL: state('url'),
      LFSTEST_SSL_URL: state('ssl'),
      LFSTEST_CLIENT_CERT_URL: state('client'),
      LFSTEST_CERT: state('cert'),
      LFSTEST_CLIENT_CERT: state('client-cert'),
      LFSTEST_CLIENT_KEY: state('client-key'),
      LFSTEST_CLIENT_KEY_ENCRYPTED: state('client-key-encrypted'),
    };
    const child = spawn(program, { env, stdio: 'ignore' });
    const url = await eventually(() => readFile(state('url'), 'utf8').catch(() => ''));
    return new LfsServer(url, child, folder);
  }

  /** What `lfs.url` is for a repository of this name. @param login in the URL, as a client has it */
  url(name: string, login = false): string {
    const origin = login ? this.#origin.replace('://', `://${this.username}:${this.password}@`) : this.#origin;
    return `${origin}/${name}.git/info/lfs`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
