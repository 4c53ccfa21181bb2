import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';

export interface ToolRun {
  /** `helm`, or a path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** A folder for whatever the tool keeps; it goes away with the push. */
  readonly home: string;
  readonly signal: AbortSignal;
}

const limits = { ms: 60_000, outputBytes: 16 * 1024 ** 2, stderrBytes: 64 * 1024, memoryMiB: 384 } as const;
const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Templates are a stranger's program: a loop in one may eat all memory, and the server shares its limit. `-d` counts what
 * Go has written to; `-v` would count what it has merely reserved.
 */
const confined = `echo 1000 2>/dev/null >/proc/self/oom_score_adj; ulimit -d ${limits.memoryMiB * 1024}; ulimit -c 0; exec "$@"`;

/**
 * What the tool sees of the world: nothing to run, no way out, nothing of the server. Without git and without a network
 * a remote base fails at once; without KUBECONFIG and the variables of a pod there is no cluster.
 */
function environment(home: string): Record<string, string> {
  const nowhere = 'http://127.0.0.1:1';
  const proxies = { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, ALL_PROXY: nowhere, NO_PROXY: '' };
  return { PATH: '', HOME: home, TMPDIR: home, LANG: 'C.UTF-8', ...proxies };
}

/**
 * Runs helm or kubectl to its end, in a process group of its own that does not outlive this call.
 * @returns what it printed
 * @throws ToolFailed with what it said, ManifestsToolFailed when it could not work at all
 */
export async function runTool(run: ToolRun): Promise<string> {
  const program = await findProgram(run.program);
  run.signal.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', confined, 'sh', program, ...run.args], {
    cwd: run.cwd,
    env: environment(run.home),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = () => endGroup(child);
  const timer = setTimeout(end, limits.ms);
  run.signal.addEventListener('abort', end, { once: true });
  const startedAt = performance.now();
  try {
    const { output, stderr, code, bytes } = await finished(child);
    run.signal.throwIfAborted();
    if (bytes > limits.outputBytes) throw failed(run, `printed more than ${limits.outputBytes / 1024 ** 2} MiB`);
    if (performance.now() - startedAt >= limits.ms) throw failed(run, `took longer than ${limits.ms / 1000} s`);
    if (/^(runtime: out of memory|fatal error: (runtime: )?(out of memory|cannot allocate memory))/m.test(stderr)) {
      throw failed(run, `needed more than ${limits.memoryMiB} MiB of memory`);
    }
    if (code !== 0) throw new ToolFailed(stderr);
    return output;
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener('abort', end);
    end();
  }
}

/** The tool ended with an error of its own; the message is its words, paths and all. */
export class ToolFailed extends Error {}

async function findProgram(program: string): Promise<string> {
  const candidates = program.includes('/') ? [program] : programFolders.map((folder) => join(folder, program));
  for (const candidate of candidates) {
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  const name = program.slice(program.lastIndexOf('/') + 1);
  throw new GitkubeError('ManifestsToolFailed', `${name} is not installed where Gitkube runs`, {
    hint: 'ask the operator of Gitkube to set GITKUBE_HELM or GITKUBE_KUBECTL to the path of that program',
  });
}

function failed({ program }: ToolRun, what: string): GitkubeError {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return new GitkubeError('ManifestsToolFailed', `${name} ${what} while it rendered the manifests`);
}

interface Finished {
  readonly output: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly bytes: number;
}

function finished(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    // No file descriptor left: Node gives a child without pipes, and its error event.
    child.on('error', (cause) => {
      reject(new GitkubeError('ServerBusy', 'the server cannot start another program now', { cause }));
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.outputBytes) endGroup(child);
      else chunks.push(chunk);
    });
    (child.stderr as Readable | null)?.on('data', (chunk: Buffer) => {
      if (stderr.length < limits.stderrBytes) stderr += chunk.toString('utf8');
    });
    child.on('close', (code) => resolve({ output: Buffer.concat(chunks).toString('utf8'), stderr, code, bytes }));
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended, and with it its group.
  }
}
