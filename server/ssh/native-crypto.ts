import { createRequire } from 'node:module';

/** Whether ssh2's native addon is there for the Node that runs. Without it uploads are 6 to 10 times slower. */
export function nativeCryptoLoaded(): boolean {
  const crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as { bindingAvailable?: boolean };
  return crypto.bindingAvailable === true;
}
