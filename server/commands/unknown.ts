import { GitkubeError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { askServer } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import type { Command } from './command.ts';
import { refuseInText } from './refusal.ts';

/**
 * Whatever no other command is; there is no shell behind this.
 * @param names of the commands that people type
 */
export function unknown(names: readonly string[]): Command {
  return {
    pattern: /^.*$/s,
    // 127 is what a shell answers: newer versions of Git LFS then try HTTPS, and hide what was said here.
    refuse: (channel, error) => refuseInText(channel, error, 127),
    run: async ([line]) => {
      // What follows may be the value of a secret.
      const [word = ''] = line.trim().split(/\s/, 1);
      throw unknownCommand(word, names);
    },
  };
}

export function unknownCommand(command: string, names: readonly string[] = []): GitkubeError {
  const near = nearest(command.trim().split(/\s/, 1)[0] ?? '', names);
  return new GitkubeError('CommandRefused', `unknown command: ${plain(command, 80)}`, {
    hint: [
      ...(near ? [`did you mean ${near}?`] : []),
      'Gitkube takes git push, git fetch and git clone; ssh without a command shows your Remotes',
      `to list the commands, type: ${askServer('help')}`,
    ],
  });
}
