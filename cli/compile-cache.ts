import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets Node keep compiled code for the next start, in the user's own cache folder: the default below /tmp could be
 * prepared by another user. Where nothing can be written nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
export function keepCompiledCode(): void {
  const { XDG_CACHE_HOME: cache = join(homedir(), '.cache') } = process.env;
  enableCompileCache(join(cache, 'gitkube/compiled'));
}
