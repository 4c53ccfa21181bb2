import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { diskFull, GitkubeError } from '../../base/errors.ts';

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
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
};

export interface GitOptions {
  /** The bare repository. */
  readonly cwd: string;
  /** Added to the built environment: quarantine variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Output over this many bytes is an error. */
  readonly maxBytes?: number;
}

const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_STDERR = 4096;

/** Runs a short git command and resolves with its output; throws `GitFailed` with git's own words as cause. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return new GitCommand(args, options).finish(options.input);
}

/** A short git command that is started now and gets its input later: a process takes some milliseconds to start. */
export class GitCommand implements Disposable {
  readonly #child: ChildProcess;
  readonly #done: Promise<string>;

  constructor(args: readonly string[], options: GitOptions) {
    this.#child = start(args, options, 'pipe');
    this.#child.stdin?.on('error', () => {});
    this.#done = output(this.#child, args, options.maxBytes ?? MAX_OUTPUT);
    this.#done.catch(() => {});
  }

  /** Ends the input; resolves with what git printed. */
  finish(input = ''): Promise<string> {
    this.#child.stdin?.end(input);
    return this.#done;
  }

  /** Ends a command that is not wanted any more; without effect on one that has finished. */
  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

function output(child: ChildProcess, args: readonly string[], maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    let bytes = 0;
    const stderr = collectTail(child.stderr as Readable);
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) child.kill('SIGKILL');
      else stdout.push(chunk);
    });
    child.on('error', (cause) => reject(gitFailed(args, 'could not be started', cause)));
    child.on('close', (code, signal) => {
      if (code === 0 && bytes <= maxBytes) return resolve(Buffer.concat(stdout).toString('utf8'));
      const how = bytes > maxBytes ? 'printed more than its limit' : `ended with ${signal ?? `exit code ${code}`}`;
      return reject(gitFailed(args, how, new Error(stderr().trim())));
    });
  });
}

/** The output of a long git command as a stream that fails when git fails; destroying it ends git. */
export function gitStream(args: readonly string[], options: GitOptions): Readable {
  const child = start(args, options, 'ignore');
  const output = child.stdout as Readable;
  const stderr = collectTail(child.stderr as Readable);
  child.on('error', (cause) => output.destroy(gitFailed(args, 'could not be started', cause)));
  child.on('exit', (code, signal) => {
    if (code !== 0) output.destroy(gitFailed(args, `ended with ${signal ?? `exit code ${code}`}`, new Error(stderr())));
  });
  output.on('close', () => child.kill('SIGTERM'));
  return output;
}

function start(args: readonly string[], options: GitOptions, stdin: 'ignore' | 'pipe'): ChildProcess {
  return spawnGit(['-c', 'core.fsmonitor=false', ...args], {
    cwd: options.cwd,
    env: { ...gitEnvironment, ...options.env },
    stdio: [stdin, 'pipe', 'pipe'],
  });
}

/**
 * A git process with all its pipes. Where no file descriptor is left Node gives a child without any, and an error event
 * of it that ends the server when nobody listens.
 * @throws ServerBusy
 */
export function spawnGit(args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn('git', args, options);
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

function gitFailed(args: readonly string[], how: string, cause: unknown): GitkubeError {
  if (/No space left on device|Disk quota exceeded/.test(String(cause))) return diskFull(cause);
  return new GitkubeError('GitFailed', `git ${args[0]} ${how}`, { cause });
}
