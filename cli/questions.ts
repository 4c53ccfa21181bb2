import { GitkubeError } from '../base/errors.ts';
import type { Io } from './io.ts';

/** Asks on a terminal. @throws UsageInvalid when nobody can be asked and --yes is not given */
export async function confirmed(question: string, { yes, io }: { yes: boolean; io: Io }): Promise<boolean> {
  if (yes) return true;
  if (!io.interactive) {
    throw new GitkubeError('UsageInvalid', 'this asks before it does anything, and there is no terminal to ask on', {
      hint: 'add --yes',
    });
  }
  const { confirm } = await import('@inquirer/prompts');
  return confirm({ message: question, default: false }, { output: process.stderr });
}
