import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface MobyAnswer {
  /** One for each path; null: Docker refuses the file. */
  readonly ignored: readonly boolean[] | null;
  readonly error?: string;
}

/** What Docker itself says about an ignore file: a small Go program around moby/patternmatcher, built from source. */
export class MobyMatcher implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gitkube-moby-'));
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #interface: Interface;

  constructor() {
    const program = join(this.#folder, 'moby-matcher');
    const env = { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off', CGO_ENABLED: '0' };
    execFileSync('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'moby-matcher'), env });
    // Its scanner remarks on bytes that are no UTF-8.
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#interface = createInterface({ input: this.#child.stdout as Readable });
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  async ask(file: Buffer, paths: readonly Buffer[]): Promise<MobyAnswer> {
    const request = { file: file.toString('base64'), paths: paths.map((path) => path.toString('base64')) };
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the matcher of moby ended');
    return JSON.parse(value) as MobyAnswer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
    this.#interface.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
