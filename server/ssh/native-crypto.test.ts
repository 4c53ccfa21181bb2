import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nativeCryptoFile, nativeCryptoLoaded, requireSafeCrypto } from './native-crypto.ts';

// An abort cannot be caught: so in a process of its own, with every class that the addon has.
const useAndFree = `
const { randomBytes: r } = require('node:crypto');
const addon = require(process.argv[1]);
const make = [
  () => new addon.GenericCipher('aes-256-ctr', r(32), r(16), 'sha256', r(32), false),
  () => new addon.GenericDecipher('aes-256-ctr', r(32), r(16), 'sha256', r(32), false, 32),
  () => new addon.AESGCMCipher('aes-256-gcm', r(32), r(12)),
  () => new addon.AESGCMDecipher('aes-256-gcm', r(32), r(12)),
  () => new addon.ChaChaPolyCipher(r(64)),
  () => new addon.ChaChaPolyDecipher(r(64)),
];
for (const one of make) for (let i = 0; i < 1000; i++) one();
const collect = (times) => (gc(), times > 0 ? setImmediate(collect, times - 1) : console.log('alive'));
collect(5);
`;

it('the garbage collector frees the ciphers of the addon that is shipped, and the process goes on', async () => {
  expect(nativeCryptoLoaded()).toBe(true);
  const args = ['--expose-gc', '-e', useAndFree, nativeCryptoFile() ?? ''];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  expect(stdout).toBe('alive\n');
});

it('the addon that is shipped is accepted, and one that would abort the server is refused', async () => {
  expect(requireSafeCrypto).not.toThrow();
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-addon-'));
  try {
    const file = join(folder, 'sshcrypto.node');
    await writeFile(file, '\x7fELF\0_ZN4node28RemoveEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_\0');
    expect(() => requireSafeCrypto(file)).toThrow(
      expect.objectContaining({ reason: 'AddonUnsafe', hint: expect.arrayContaining([expect.stringContaining(file)]) }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
