import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import { duration, plain } from '../../base/text.ts';
import { endChild, gitEnvironment, spawnGit } from './git-command.ts';

export interface GitObject {
  readonly type: string;
  readonly oid: string;
  readonly size: number;
  /** Undefined: it is larger than was asked for. */
  readonly body: Buffer | undefined;
}

/** Trees and commits; whatever is larger does not belong in memory. */
export const MAX_OBJECT = 64 * 1024 * 1024;
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
  read(name: string, maxBytes = MAX_OBJECT): Promise<GitObject | undefined> {
    const reading = this.#last.then(() => this.#readInTime(name, maxBytes));
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

  async #readInTime(name: string, maxBytes: number): Promise<GitObject | undefined> {
    const tooSlow = () => new GitkubeError('GitFailed', `git cat-file did not answer within ${duration(MAX_MS)}`);
    const timer = setTimeout(() => this.#end(tooSlow()), MAX_MS);
    try {
      return await this.#read(name, maxBytes);
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(name: string, maxBytes: number): Promise<GitObject | undefined> {
    this.#child.stdin?.write(`${name}\n`);
    const header = await this.#takeUntil(10);
    const answer = header.toString('latin1');
    if (answer.endsWith(' missing')) return undefined;
    const [, oid = '', type = '', digits] = /^([0-9a-f]+) (\w+) (\d+)$/.exec(answer) ?? [];
    if (digits === undefined) throw new GitkubeError('GitFailed', `git cat-file answers "${plain(answer, 200)}"`);
    const size = Number(digits);
    const kept: Buffer[] = [];
    for await (const piece of this.#pieces(size)) if (size <= maxBytes) kept.push(piece);
    // The newline behind it.
    await this.#pieces(1).next();
    return { oid, type, size, body: size <= maxBytes ? Buffer.concat(kept) : undefined };
  }

  async #takeUntil(byte: number): Promise<Buffer> {
    let at = this.#rest.indexOf(byte);
    while (at < 0) {
      this.#rest = Buffer.concat([this.#rest, await this.#more()]);
      at = this.#rest.indexOf(byte);
    }
    const taken = this.#rest.subarray(0, at);
    this.#rest = this.#rest.subarray(at + 1);
    return taken;
  }

  /** The next so many bytes, as they come. */
  async *#pieces(bytes: number): AsyncGenerator<Buffer, void> {
    for (let left = bytes; left > 0; ) {
      if (this.#rest.length === 0) this.#rest = await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #more(): Promise<Buffer> {
    const { value, done } = await Promise.race([this.#output.next(), this.#ended.promise]);
    if (done) throw new GitkubeError('GitFailed', 'git cat-file ended before it answered');
    return value;
  }
}
