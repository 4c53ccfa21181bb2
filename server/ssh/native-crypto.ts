import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { GitkubeError } from '../../base/errors.ts';

const require = createRequire(import.meta.url);

/** Whether ssh2's native addon is there for the Node that runs. Without it uploads are 6 to 10 times slower. */
export function nativeCryptoLoaded(): boolean {
  const crypto = require('ssh2/lib/protocol/crypto.js') as { bindingAvailable?: boolean };
  return crypto.bindingAvailable === true;
}

/** The file of the addon, whether or not it fits this Node; undefined where none was built. */
export function nativeCryptoFile(): string | undefined {
  try {
    return require.resolve('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
  } catch {
    return undefined;
  }
}

/**
 * An addon that would abort the whole server when the garbage collector frees a cipher (nodejs/node#65446). It is recognized
 * by the function that its destructors call, not by a version: which headers it was built with decides, not which Node runs.
 * @throws AddonUnsafe
 */
export function requireSafeCrypto(file = nativeCryptoLoaded() ? nativeCryptoFile() : undefined): void {
  if (file === undefined || !readFileSync(file).includes('RemoveEnvironmentCleanupHook')) return;
  throw new GitkubeError('AddonUnsafe', `ssh2's native addon would abort this server on Node ${process.version}`, {
    evidence: [
      `${file} was built with the ObjectWrap of Node 24.19 or newer,`,
      'which ends the process when the garbage collector frees a cipher (nodejs/node#65446, mscdex/ssh2#1511)',
    ],
    hint: [
      'to build one that is safe, type in the sources of Gitkube: node scripts/build-ssh2-addon.ts',
      `or to work without it, with uploads that are 6 to 10 times slower, type: rm ${file}`,
    ],
  });
}
