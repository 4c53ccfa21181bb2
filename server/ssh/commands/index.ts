import { asGitkubeError, GitkubeError } from '../../../base/errors.ts';
import { plain } from '../../../base/text.ts';
import { cancel } from './cancel.ts';
import type { Command, CommandScope } from './command.ts';
import { deploys } from './deploys.ts';
import { diff } from './diff.ts';
import { env } from './env.ts';
import { gitLfs } from './git-lfs.ts';
import { gitReceivePack } from './git-receive-pack.ts';
import { gitUploadPack } from './git-upload-pack.ts';
import { help } from './help.ts';
import { keys } from './keys.ts';
import { lock } from './lock.ts';
import { logs } from './logs.ts';
import { output } from './output.ts';
import { redeploy } from './redeploy.ts';
import { releases } from './releases.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import type { TextCommand } from './text-command.ts';
import { unknown } from './unknown.ts';
import { unlock } from './unlock.ts';
import { whoami } from './whoami.ts';

/** What people type. */
const forPeople: readonly TextCommand[] = [
  status,
  logs,
  diff,
  run,
  releases,
  deploys,
  output,
  rollback,
  redeploy,
  restart,
  env,
  cancel,
  lock,
  unlock,
  keys,
  whoami,
];

const refuseUnknown = unknown([...forPeople.map(({ usage }) => usage.name), 'help']);

/** Everything that a client may type; the last one is whatever the others are not. */
export const commands: readonly Command[] = [
  gitReceivePack,
  gitUploadPack,
  gitLfs,
  ...forPeople,
  help(forPeople),
  refuseUnknown,
];

// A path has 63 + 253 characters at most, and quotes.
const MAX_COMMAND = 1024;

/**
 * Runs the command of this line; one that fails writes why to the channel, and ends it. Never rejects.
 * @param refusal why nothing is done for this connection
 */
export async function runCommand(line: string, scope: CommandScope, refusal?: GitkubeError): Promise<void> {
  const { channel } = scope;
  channel.on('error', () => {});
  const { command, match } = find(line);
  try {
    if (refusal) throw refusal;
    if (line.length > maxOf(command)) throw tooLong(line);
    await command.run(match, scope);
  } catch (thrown) {
    const error = asGitkubeError(thrown);
    (error.reason === 'CommandRefused' ? refuseUnknown : command).refuse(channel, error);
  }
}

function find(line: string): { readonly command: Command; readonly match: RegExpExecArray } {
  for (const command of commands) {
    if (line.length > maxOf(command) && command !== refuseUnknown) continue;
    const match = command.pattern.exec(line);
    if (match) return { command, match };
  }
  throw new Error('the last command is everything');
}

function maxOf({ maxLength = MAX_COMMAND }: Command): number {
  return maxLength;
}

function tooLong(line: string): GitkubeError {
  return new GitkubeError('CommandRefused', `a command of ${line.length} characters: ${plain(line, 80)}`, {
    hint: [
      `the URL of a Remote is short; a command has ${MAX_COMMAND} characters at most, and run ${maxOf(run)}`,
      'a longer value comes by stdin: env set NAME=- < file',
    ],
  });
}
