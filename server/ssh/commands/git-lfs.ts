import { GitkubeError } from '../../../base/errors.ts';
import type { Command } from '../../commands/command.ts';
import { refuseInText } from '../../commands/refusal.ts';

/** What the hooks and filters of Git LFS ask before they send or fetch an object. They print this and stop git. */
export const gitLfs: Command = {
  pattern: /^git-lfs-(?:authenticate|transfer) .* (upload|download)$/s,
  refuse: (channel, error) => refuseInText(channel, error, 1),
  run: async ([, direction]) => {
    const without = direction === 'upload' ? 'git push --no-verify dev main' : 'GIT_LFS_SKIP_SMUDGE=1 git clone …';
    throw new GitkubeError('LfsUnsupported', 'Gitkube stores no Git LFS objects: builds get the pointer files', {
      hint: [
        `${without}   skips the objects`,
        'git config remote.dev.lfsurl <URL of an LFS server>   stores and fetches them there',
      ],
    });
  },
};
