import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Runs the program with these arguments. Nothing else is loaded before: compiling is half of a short command's time. */
export async function start(args: readonly string[]): Promise<void> {
  keepCompiledCode();
  // In the pod of the server, where memory is counted, and as often as somebody asks something.
  if (args[0] === '__relay') return relayOnly();
  const [{ processIo }, { runProgram }] = await Promise.all([import('./io.ts'), import('./program.ts')]);
  process.exitCode = await runProgram(args, processIo());
}

async function relayOnly(): Promise<void> {
  const [{ processIo }, { relay }] = await Promise.all([import('./io.ts'), import('./relay.ts')]);
  process.exitCode = await relay(processIo());
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
