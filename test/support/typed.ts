import type { Io } from '../../cli/io.ts';
import { runProgram } from '../../cli/program.ts';
import type { Finished } from './command.ts';

/**
 * The program in this process: one of its own takes longer to start than most commands. It has no terminal and no stdin, and
 * what connects to the cluster needs the kubeconfig as a flag or a setting.
 */
export async function typed(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  let output = '';
  let stdout = '';
  const io = {
    env,
    interactive: false,
    out: (line: string) => {
      stdout += `${line}\n`;
      output += `${line}\n`;
    },
    note: (line: string) => {
      output += `${line}\n`;
    },
    interrupted: () => new AbortController().signal,
  } as unknown as Io;
  const code = await runProgram(args, io);
  return { code, output, stdout };
}
