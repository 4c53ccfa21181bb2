import { spawn } from 'node:child_process';
import { LineSplitter } from '../../base/lines.ts';
import { RigError } from './rig-error.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Called with every line of both outputs as it is written. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
}

/** Runs a program to its end and returns its standard output. Throws a RigError with the last lines of its output. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await runToEnd(command, args, options);
  if (result.code === 0) return result.stdout;
  const how = result.timedOut
    ? `took longer than ${options.timeoutMs} ms`
    : `ended with ${result.code ?? result.signal}`;
  throw new RigError(`${command} ${args.join(' ').slice(0, 200)}: ${how}`, { evidence: result.lastLines });
}

export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly lastLines: readonly string[];
  readonly timedOut: boolean;
}

/** As `run`, for a program whose failure is an answer. A program that does not exist ends with 127. */
export function runToEnd(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const lastLines: string[] = [];
    const onLine = (line: string) => {
      options.onLine?.(line);
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
    };
    const splitters = [new LineSplitter(onLine), new LineSplitter(onLine)] as const;
    const stdout: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      splitters[0].write(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => splitters[1].write(chunk));
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutMs);
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer);
      for (const splitter of splitters) splitter.end();
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), lastLines, timedOut });
    };
    child.on('error', (error) => {
      lastLines.push(error.message);
      end(127, null);
    });
    child.on('close', end);
    // A program that does not read its input breaks the pipe; its exit code says the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
