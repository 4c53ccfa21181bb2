import { type ChildProcess, spawn } from 'node:child_process';
import { RigError } from '../../test/cluster/rig-error.ts';

/** They end with this program; a terminal's Ctrl-C reaches them directly, the signal of another program does not. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill();
});

export interface ShowOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** What is typed for the program where it is on the PATH. */
  readonly as?: string;
  /** Shows the output of a command that failed only. */
  readonly hideOutput?: boolean;
}

/** Prints a command as it would be typed, runs it, and shows its output as it comes. */
export async function show(program: string, args: readonly string[], options: ShowOptions): Promise<void> {
  const { cwd, as = program, hideOutput = false } = options;
  console.log(`\n$ ${[as, ...args].map(quoted).join(' ')}`);
  const child: ChildProcess = spawn(program, args, {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: hideOutput ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  });
  owned(child);
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === 0) return;
  const evidence = Buffer.concat(output).toString().trim().split('\n');
  throw new RigError(`${as} ended with exit code ${code}`, hideOutput ? { evidence } : {});
}

const quoted = (word: string) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word}'`);

/** Runs a command that has to succeed and returns what it printed. */
export async function quiet(program: string, args: readonly string[], input = '', cwd?: string): Promise<string> {
  const child = owned(spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] }));
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

function owned<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}
