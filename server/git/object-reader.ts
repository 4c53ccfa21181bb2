import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import { duration, plain } from '../../base/text.ts';
import { endChild, gitEnvironment, spawnGit } from './run.ts';

export interface GitObject {
  readonly type: string;
  readonly oid: string;
  readonly body: Buffer;
}

// Trees and Dockerfiles; whatever is larger does not belong in memory.
const MAX_OBJECT = 64 * 1024 * 1024;
/** For one object. */
const MAX_MS = 60_000;

/**
 * Reads objects through one `git cat-file --batch` (git-cat-file(1)) instead of a process for each: a push looks at a
 * dozen of them. One request at a time; later ones wait.
 */
export class ObjectReader implements Disposable {
  readonly #child: ChildProcess;
  readonly #output: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #last: Promise<unknown> = Promise.resolve();
  readonly #ended = Promise.withResolvers<never>();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#end(this.#signal?.reason);

  /**
   * @param env makes objects in quarantine visible
   * @param signal ends git, and every read that waits for it
   */
  constructor(repository: string, env: Readonly<Record<string, string>>, signal?: AbortSignal) {
    signal?.throwIfAborted();
    this.#child = spawnGit(['cat-file', '--batch'], {
      cwd: repository,
      env: { ...gitEnvironment, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child.stdin?.on('error', () => {});
    this.#output = (this.#child.stdout as Readable)[Symbol.asyncIterator]();
    this.#ended.promise.catch(() => {});
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Undefined when there is no such object. @param name a full object id, or a full ref name as it stands right now */
  read(name: string): Promise<GitObject | undefined> {
    const reading = this.#last.then(() => this.#readInTime(name));
    this.#last = reading.catch(() => {});
    return reading;
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#end(new GitkubeError('GitFailed', 'git cat-file was ended'));
  }

  /** No read comes to an end after this. */
  #end(reason: unknown): void {
    this.#ended.reject(reason);
    void endChild(this.#child);
  }

  async #readInTime(name: string): Promise<GitObject | undefined> {
    const tooSlow = () => new GitkubeError('GitFailed', `git cat-file did not answer within ${duration(MAX_MS)}`);
    const timer = setTimeout(() => this.#end(tooSlow()), MAX_MS);
    try {
      return await this.#read(name);
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(name: string): Promise<GitObject | undefined> {
    this.#child.stdin?.write(`${name}\n`);
    const header = await this.#takeUntil(10);
    const answer = header.toString('latin1');
    if (answer.endsWith(' missing')) return undefined;
    const match = /^([0-9a-f]+) (\w+) (\d+)$/.exec(answer);
    if (!match) throw new GitkubeError('GitFailed', `git cat-file answers "${plain(answer, 200)}"`);
    const size = Number(match[3]);
    if (size > MAX_OBJECT) {
      this[Symbol.dispose]();
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
    const { value, done } = await Promise.race([this.#output.next(), this.#ended.promise]);
    if (done) throw new GitkubeError('GitFailed', 'git cat-file ended before it answered');
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }
}
