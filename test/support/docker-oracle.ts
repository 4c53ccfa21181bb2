import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface TarEntry {
  /** `0` file, `2` symlink, `5` folder. */
  readonly type: string;
  readonly path: Buffer;
  readonly mode: number;
  /** The id that git gives to the content, or to the target of a symlink. */
  readonly blob: string;
  readonly mtime: number;
}

interface Answer {
  readonly ignored?: readonly boolean[];
  readonly entries?: readonly (Omit<TarEntry, 'path'> & { readonly path: string })[];
  readonly error?: string;
}

/** What Docker itself makes of ignore files and tars: a small Go program around its libraries, built from source. */
export class DockerOracle implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gitkube-oracle-'));
  readonly #child: ChildProcess;
  readonly #interface: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const program = join(this.#folder, 'oracle');
    const env = { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off', CGO_ENABLED: '0' };
    execFileSync('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'docker-oracle'), env });
    // A scanner of Go remarks on bytes that are no UTF-8.
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#interface = createInterface({ input: this.#child.stdout as Readable });
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  /** One for each path, whether Docker ignores it; or why it refuses the file. */
  async ignored(file: Buffer, paths: readonly Buffer[]): Promise<readonly boolean[] | { readonly error: string }> {
    const { ignored = [], error } = await this.#ask({ ignore: base64(file), paths: paths.map(base64) });
    return error === undefined ? ignored : { error };
  }

  async readTar(tar: Buffer): Promise<TarEntry[]> {
    const { entries = [], error } = await this.#ask({ tar: base64(tar) });
    if (error !== undefined) throw new Error(error);
    return entries.map(({ path, ...entry }) => ({ ...entry, path: Buffer.from(path, 'base64') }));
  }

  async #ask(request: unknown): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the oracle ended');
    return JSON.parse(value) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
    this.#interface.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function base64(buffer: Buffer): string {
  return buffer.toString('base64');
}
