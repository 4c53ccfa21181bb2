import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import { gitEnvironment, spawnGit } from './run.ts';

export interface GitObject {
  readonly type: string;
  readonly oid: string;
  readonly body: Buffer;
}

// Trees and Dockerfiles; whatever is larger does not belong in memory.
const MAX_OBJECT = 64 * 1024 * 1024;

/**
 * Reads objects through one `git cat-file --batch` (git-cat-file(1)) instead of a process for each: a push looks at a
 * dozen of them. One request at a time; later ones wait.
 */
export class ObjectReader implements Disposable {
  readonly #child: ChildProcess;
  readonly #output: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #last: Promise<unknown> = Promise.resolve();

  /** @param env makes objects in quarantine visible */
  constructor(repository: string, env: Readonly<Record<string, string>>) {
    this.#child = spawnGit(['cat-file', '--batch'], {
      cwd: repository,
      env: { ...gitEnvironment, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child.stdin?.on('error', () => {});
    this.#output = (this.#child.stdout as Readable)[Symbol.asyncIterator]();
  }

  /** Undefined when there is no such object. @param name a full object id, or a full ref name as it stands right now */
  read(name: string): Promise<GitObject | undefined> {
    const reading = this.#last.then(() => this.#read(name));
    this.#last = reading.catch(() => {});
    return reading;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }

  async #read(name: string): Promise<GitObject | undefined> {
    this.#child.stdin?.write(`${name}\n`);
    const header = await this.#takeUntil(10);
    const match = /^([0-9a-f]+) (\w+) (\d+)$/.exec(header.toString('latin1'));
    if (!match) return undefined;
    const size = Number(match[3]);
    if (size > MAX_OBJECT) {
      this.#child.kill();
      throw new GitkubeError('GitFailed', `the object ${name} has ${size} bytes, more than the limit of ${MAX_OBJECT}`);
    }
    const body = await this.#take(size + 1);
    return { oid: match[1] ?? '', type: match[2] ?? '', body: body.subarray(0, size) };
  }

  async #takeUntil(byte: number): Promise<Buffer> {
    let at = this.#rest.indexOf(byte);
    while (at < 0) {
      await this.#more();
      at = this.#rest.indexOf(byte);
    }
    return (await this.#take(at + 1)).subarray(0, at);
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#rest.length < bytes) await this.#more();
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#output.next();
    if (done) throw new GitkubeError('GitFailed', 'git cat-file ended before it answered');
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }
}
