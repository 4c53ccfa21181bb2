import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { nativeCryptoLoaded, requireSafeCrypto } from '../../server/ssh/native-crypto.ts';
import type { Check, Finding } from './finding.ts';
import { fail, ok, warn } from './finding.ts';

export const git: Check = {
  name: 'git',
  alone: true,
  run: async () => {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: 10_000 }).catch(() => ({
      stdout: '',
    }));
    return [judgeGit(stdout)];
  },
};

export const ssh: Check = {
  name: 'ssh',
  alone: true,
  run: async () => {
    requireSafeCrypto();
    if (nativeCryptoLoaded()) return [ok("ssh2's native addon is loaded")];
    return [
      warn("ssh2's native addon is missing: uploads are 6 to 10 times slower", 'node scripts/build-ssh2-addon.ts'),
    ];
  },
};

/** @param output of `git --version`; proc-receive hooks came with 2.29, and core.fsync with 2.36 */
export function judgeGit(output: string): Omit<Finding, 'check'> {
  const [, version = '', major, minor] = /git version ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  const install = 'apt-get install git';
  if (version === '') return fail('git is not installed', install);
  const isAtLeast = (least: number) => Number(major) > 2 || (Number(major) === 2 && Number(minor) >= least);
  if (!isAtLeast(29)) return fail(`git ${version} is too old: 2.29 or newer is needed`, install);
  if (isAtLeast(36)) return ok(`git ${version}`);
  return warn(`git ${version} syncs no refs to the disk, 2.36 does: a power cut may lose the last release`, install);
}
