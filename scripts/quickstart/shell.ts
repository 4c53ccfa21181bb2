import { spawn } from 'node:child_process';
import { RigError } from '../../test/cluster/rig-error.ts';

/** Prints a command as it would be typed, runs it, and shows its output as it comes. */
export async function show(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
) {
  console.log(`\n$ ${[program, ...args].map(quoted).join(' ')}`);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new RigError(`${program} ended with exit code ${code}`);
}

const quoted = (word: string) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word}'`);

/** Runs a command that has to succeed and returns what it printed. */
export async function quiet(program: string, args: readonly string[], input = '', cwd?: string): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) {
    throw new RigError(`${program} ${args.join(' ')} ended with exit code ${code}`, {
      evidence: stderr.trim().split('\n'),
    });
  }
  return stdout;
}
