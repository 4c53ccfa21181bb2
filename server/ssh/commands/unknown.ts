import { GitkubeError } from '../../../base/errors.ts';
import { plain } from '../../../base/text.ts';
import { refuseInText } from '../refusal.ts';
import type { Command } from './command.ts';

/** Whatever no other command is; there is no shell behind this. */
export const unknown: Command = {
  pattern: /^.*$/s,
  // 127 is what a shell answers: newer versions of Git LFS then try HTTPS, and hide what was said here.
  refuse: (channel, error) => refuseInText(channel, error, 127),
  run: async ([command]) => {
    throw unknownCommand(command);
  },
};

export function unknownCommand(command: string): GitkubeError {
  return new GitkubeError('CommandRefused', `unknown command: ${plain(command, 80)}`, {
    hint: [
      'Gitkube takes git push, git fetch and git clone; ssh without a command shows your Remotes',
      'status [<namespace>/<remote>]   shows what runs; releases [<namespace>/<remote>]   lists what ran',
      'deploys [<namespace>/<remote>]   lists deploys; output [<namespace>/<remote>] [<id>]   prints what one said',
      'rollback [<namespace>/<remote>] [<number>]   runs a release again',
      'cancel [<namespace>/<remote>] [<id>]   cancels a deploy',
    ],
  });
}
