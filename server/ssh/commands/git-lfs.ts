import { GitkubeError } from '../../../base/errors.ts';
import { gitPush, remoteUrl } from '../../../base/server-hints.ts';
import type { Command } from '../../commands/command.ts';
import { refuseInText } from '../../commands/refusal.ts';
import { remoteOf } from './path-argument.ts';

/** What the hooks and filters of Git LFS ask before they send or fetch an object. They print this and stop git. */
export const gitLfs: Command = {
  pattern: /^git-lfs-(?:authenticate|transfer) (.*) (upload|download)$/s,
  refuse: (channel, error) => refuseInText(channel, error, 1),
  run: async (match, { backend }) => {
    const name = remoteOf(match, backend.urlForm);
    const known = 'old' in name ? undefined : { id: `${name.namespace}/${name.name}` };
    const without =
      match[2] === 'upload'
        ? `to push without the objects, type: ${gitPush({ ...known, options: ['--no-verify'], to: '<branch>' })}`
        : `to clone without the objects, type: GIT_LFS_SKIP_SMUDGE=1 git clone ${remoteUrl(known)}`;
    throw new GitkubeError('LfsUnsupported', 'Gitkube stores no Git LFS objects: builds get the pointer files', {
      hint: [
        without,
        'or to keep them elsewhere, type: git config remote.<name>.lfsurl <URL of an LFS server>',
        'to see the name, type: git remote -v',
      ],
    });
  },
};
