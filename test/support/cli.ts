import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type CommandOptions, type Finished, run } from './command.ts';
import { rig } from './rig.ts';

export const program = join(import.meta.dirname, '../../dist/gitkube.js');

/** The built program, as an operator types it, with the cluster under test. */
export function cli(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return run(process.execPath, [program, ...args], { ...options, env: operatorEnv(options.env) });
}

export interface Terminal {
  /** Resolves when the screen has this text, behind what was waited for before; escape sequences do not count. */
  shows(text: string): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<Finished>;
}

/** The same on a pseudo terminal, which script(1) makes. */
export function cliOnTerminal(args: readonly string[], options: { readonly cwd?: string } = {}): Terminal {
  const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: options.cwd,
    env: { ...process.env, ...operatorEnv({ TERM: 'xterm', COLUMNS: '200' }) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let raw = '';
  let from = 0;
  const screen = () => raw.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '');
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Finished>((resolve) =>
    child.on('close', (code) => resolve({ code: code ?? 128, output: screen(), stdout: screen() })),
  );
  const shows = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        const at = screen().indexOf(text, from);
        if (at < 0) return;
        from = at + text.length;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      void ended.then(() => reject(new Error(`the program ended without showing "${text}":\n${screen()}`)));
      look();
    });
  return { shows, type: (keys) => void child.stdin.write(keys), ended };
}

function operatorEnv(env: Record<string, string> = {}): Record<string, string> {
  return { KUBECONFIG: rig().kubeconfig, ...env };
}
