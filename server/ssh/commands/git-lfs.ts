import { GitkubeError } from '../../../base/errors.ts';
import { gitPush, remoteUrl } from '../../../base/server-hints.ts';
import { answer } from '../../commands/answer.ts';
import type { Command } from '../../commands/command.ts';
import { refuseInText } from '../../commands/refusal.ts';
import { remoteOf } from './path-argument.ts';
import type { SshScope } from './ssh-scope.ts';

/**
 * What the hooks and filters of Git LFS ask before they send or fetch an object: they are led to the server that the Remote names
 * (https://github.com/git-lfs/git-lfs/blob/main/docs/api/authentication.md). Its login stays here: each client has one of its
 * own. Without such a server they print this, and stop git.
 */
export const gitLfs: Command<SshScope> = {
  pattern: /^git-lfs-(?:authenticate|transfer) (.*) (upload|download)$/s,
  refuse: (channel, error) => refuseInText(channel, error, 1),
  run: async (match, { backend, principal, channel, lineEnd }) => {
    const name = remoteOf(match, backend.urlForm);
    const url = await backend.lfsUrl(name, principal, match[2] === 'upload' ? 'send' : 'fetch');
    if (url !== undefined && match[0].startsWith('git-lfs-transfer')) throw overHttpOnly();
    if (url !== undefined) return answer(channel, [JSON.stringify({ href: url })], lineEnd);
    const known = 'old' in name ? undefined : { id: `${name.namespace}/${name.name}` };
    const without =
      match[2] === 'upload'
        ? `to push without the objects, type: ${gitPush({ ...known, options: ['--no-verify'], to: '<branch>' })}`
        : `to clone without the objects, type: GIT_LFS_SKIP_SMUDGE=1 git clone ${remoteUrl(known)}`;
    throw new GitkubeError('LfsUnsupported', 'Gitkube stores no Git LFS objects, and the Remote names no LFS server', {
      hint: [
        without,
        'or name the LFS server that has them in spec.lfs.url of the Remote, or for this clone: git config remote.<name>.lfsurl <URL>',
        'to see the name, type: git remote -v',
      ],
    });
  },
};

/** A client that tries this first goes on to the other. */
function overHttpOnly(): GitkubeError {
  return new GitkubeError('LfsUnsupported', 'Gitkube transfers no Git LFS objects over SSH');
}
