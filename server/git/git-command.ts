import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable, Transform, Writable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import { couldNotStart, gitFailed, tooSlow } from './failure.ts';
import { withoutRoom } from './room.ts';

/**
 * Every git process starts with this environment and nothing of the server's own, which holds tokens and cluster
 * addresses. No system or user configuration: configuration is code (CVE-2026-60004).
 */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_LITERAL_PATHSPECS: '1',
  // The volume decides who owns the files (fsGroup, a restored backup, another user id after an upgrade), and git would
  // refuse such a repository. Only the server's own are ever opened.
  ...configuration({
    'safe.directory': '*',
    // What the branch says has to survive a power cut: git syncs neither refs nor loose objects unless it is asked to, and
    // in batches they cost one flush of the disk (git 2.36; an older one does not know these).
    'core.fsync': 'committed',
    'core.fsyncMethod': 'batch',
    // A file over this is not read into memory as a whole, unless it comes as a delta.
    'core.bigFileThreshold': '16m',
  }),
};

export interface GitOptions {
  /** The bare repository. */
  readonly cwd: string;
  /** Added to the built environment: quarantine variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Default: UTF-8. */
  readonly inputEncoding?: 'latin1';
  /** Output over this many bytes is an error. */
  readonly maxBytes?: number;
  /** Of its output: latin1 for names of files, which are bytes. */
  readonly encoding?: 'utf8' | 'latin1';
  /** Milliseconds from its input to its end. */
  readonly maxMs?: number;
  /** Of each file that it writes (RLIMIT_FSIZE, getrlimit(2)). */
  readonly maxFileBytes?: number;
  /** Ends git when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_STDERR = 4096;
const MAX_MS = 120_000;
/** git deletes its lock files when it ends on SIGTERM, and has this long to do it. */
const GRACE_MS = 2_000;

/** Runs a short git command and resolves with its output; throws `GitFailed` with git's own words. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return new GitCommand(args, options).finish(options.input);
}

/** A short git command that is started now and gets its input later: a process takes some milliseconds to start. */
export class GitCommand implements Disposable {
  readonly #child: ChildProcess;
  readonly #args: readonly string[];
  readonly #options: GitOptions;
  readonly #done: Promise<string>;

  constructor(args: readonly string[], options: GitOptions) {
    options.signal?.throwIfAborted();
    this.#args = args;
    this.#options = options;
    this.#child = start(args, options);
    this.#child.stdin?.on('error', () => {});
    this.#done = output(this.#child, args, options);
    this.#done.catch(() => {});
  }

  /** Ends the input; resolves with what git printed. */
  async finish(input = ''): Promise<string> {
    const { signal, maxMs = MAX_MS } = this.#options;
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {});
    let why: unknown;
    const end = (reason: unknown) => {
      why ??= reason;
      void endChild(this.#child).then(() => ended.reject(why));
    };
    const onAbort = () => end(signal?.reason);
    const timer = setTimeout(() => end(tooSlow(this.#args, maxMs)), maxMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    this.#child.stdin?.end(Buffer.from(input, this.#options.inputEncoding ?? 'utf8'));
    try {
      return await Promise.race([this.#done, ended.promise]);
    } catch (error) {
      // Also where the end of its process is seen first.
      throw why ?? (await withoutRoom(this.#options.cwd, error));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends a command that is not wanted any more; without effect on one that has finished. */
  [Symbol.dispose](): void {
    void endChild(this.#child);
  }
}

/** Resolves when the process is gone; one that even SIGKILL does not end (a disk that hangs) is not waited for. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = Promise.withResolvers<void>();
  child.once('exit', () => gone.resolve());
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  const giveUp = setTimeout(() => gone.resolve(), 2 * GRACE_MS);
  await gone.promise;
  clearTimeout(kill);
  clearTimeout(giveUp);
}

function output(child: ChildProcess, args: readonly string[], options: GitOptions): Promise<string> {
  const { cwd, maxBytes = MAX_OUTPUT, encoding = 'utf8' } = options;
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    let bytes = 0;
    const stderr = collectTail(child.stderr as Readable);
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) child.kill('SIGKILL');
      else stdout.push(chunk);
    });
    child.on('error', (cause) => reject(couldNotStart(args, cause)));
    child.on('close', (code, signal) => {
      if (code === 0 && bytes <= maxBytes) return resolve(Buffer.concat(stdout).toString(encoding));
      if (bytes > maxBytes) return reject(new GitkubeError('GitFailed', `git ${args[0]} printed more than its limit`));
      return reject(gitFailed(args, cwd, code, signal, stderr()));
    });
  });
}

/**
 * A long git command whose output becomes something else. The result fails when git fails; destroying it ends git.
 * @param through is handed git's input
 */
export function gitThrough(
  args: readonly string[],
  options: GitOptions,
  through: (input: Writable) => Transform,
): Readable {
  options.signal?.throwIfAborted();
  const child = start(args, options);
  const [input, output] = [child.stdin as Writable, child.stdout as Readable];
  input.on('error', () => {});
  const result = through(input);
  const stderr = collectTail(child.stderr as Readable);
  const onAbort = () => result.destroy(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  child.on('error', (cause) => result.destroy(couldNotStart(args, cause)));
  child.on('exit', (code, signal) => {
    if (code !== 0) result.destroy(gitFailed(args, options.cwd, code, signal, stderr()));
  });
  result.on('close', () => {
    options.signal?.removeEventListener('abort', onAbort);
    void endChild(child);
  });
  output.on('error', (error) => result.destroy(error));
  return output.pipe(result);
}

function start(args: readonly string[], { cwd, env, maxFileBytes }: GitOptions): ChildProcess {
  const how: SpawnOptions = { cwd, env: { ...gitEnvironment, ...env }, stdio: ['pipe', 'pipe', 'pipe'] };
  const all = ['-c', 'core.fsmonitor=false', ...args];
  if (maxFileBytes === undefined) return spawnGit(all, how);
  // In blocks of 512 bytes (POSIX).
  const script = `ulimit -f ${Math.ceil(maxFileBytes / 512)}; exec git "$@"`;
  return spawnWithPipes('sh', ['-c', script, 'git', ...all], how);
}

/**
 * A git process with all its pipes. Where no file descriptor is left Node gives a child without any, and an error event
 * of it that ends the server when nobody listens.
 * @throws ServerBusy
 */
export function spawnGit(args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawnWithPipes('git', args, options);
}

/** The same, of which each process that it starts may have so many bytes of memory of its own (RLIMIT_DATA, getrlimit(2)). */
export function spawnLimitedGit(args: readonly string[], options: SpawnOptions, maxBytes: number): ChildProcess {
  const script = `ulimit -d ${Math.ceil(maxBytes / 1024)}; exec git "$@"`;
  return spawnWithPipes('sh', ['-c', script, 'git', ...args], options);
}

function spawnWithPipes(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, args, options);
  child.on('error', () => {});
  if ((child.stdio as unknown) !== undefined) return child;
  throw new GitkubeError('ServerBusy', 'the server has no file descriptor left to start git with');
}

function collectTail(stream: Readable): () => string {
  let tail = '';
  stream.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-MAX_STDERR);
  });
  return () => tail;
}

/** As git reads it from its environment (git-config(1)); an older git ignores what it does not know. */
function configuration(settings: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(settings).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(Object.keys(settings).length), ...Object.fromEntries(entries) };
}
