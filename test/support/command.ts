import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number;
  /** stdout and stderr in the order in which they came. */
  readonly output: string;
  readonly stdout: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Called with all output so far, whenever there is more. */
  readonly onOutput?: (output: string) => void;
}

/** Runs a program to its end; a non-zero exit code is a result and no error. */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: options.signal,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let stdout = '';
    const take = (chunk: string) => {
      output += chunk;
      options.onOutput?.(output);
    };
    // A chunk may end in the middle of a letter.
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      take(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', take);
    child.stdin.on('error', () => {}).end(options.input ?? '');
    child.on('error', (error) => (error.name === 'AbortError' ? undefined : reject(error)));
    child.on('close', (code) => resolve({ code: code ?? 128, output, stdout }));
  });
}

/** Runs a program that has to succeed. */
export async function must(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, output, stdout } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`);
  return stdout;
}
