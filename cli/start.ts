import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Runs the program with these arguments. Nothing else is loaded before: compiling is half of a short command's time. */
export async function start(args: readonly string[]): Promise<void> {
  keepCompiledCode();
  const [{ processIo }, { runProgram }] = await Promise.all([import('./io.ts'), import('./program.ts')]);
  process.exitCode = await runProgram(args, processIo());
}

/**
 * Lets Node keep compiled code for the next start, in the user's own cache folder: the default below /tmp could be
 * prepared by another user. Where nothing can be written nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
function keepCompiledCode(): void {
  const { XDG_CACHE_HOME: given = '' } = process.env;
  // One that is empty or relative counts as unset (XDG Base Directory Specification).
  const cache = isAbsolute(given) ? given : join(homedir(), '.cache');
  enableCompileCache(join(cache, 'gitkube/compiled'));
}
