import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Command, CommandScope } from './command.ts';
import { run } from './run.ts';

// A path has 63 + 253 characters at most, and quotes.
const MAX_COMMAND = 1024;

/**
 * Runs the command of this line; one that fails writes why to the channel, and ends it. Never rejects.
 * @param commands all that the door has; the last one is whatever the others are not
 * @param refusal why nothing is done for this connection
 */
export async function runCommand<Scope extends CommandScope>(
  commands: readonly Command<Scope>[],
  line: string,
  scope: Scope,
  refusal?: GitkubeError,
): Promise<void> {
  const { command, unknown, match } = find(commands, line);
  try {
    if (refusal) throw refusal;
    if (line.length > maxOf(command)) throw tooLong(line);
    await command.run(match, scope);
  } catch (thrown) {
    const error = asGitkubeError(thrown);
    (error.reason === 'CommandRefused' ? unknown : command).refuse(scope.channel, error);
  }
}

interface Found<Scope extends CommandScope> {
  readonly command: Command<Scope>;
  readonly unknown: Command<Scope>;
  readonly match: RegExpExecArray;
}

function find<Scope extends CommandScope>(commands: readonly Command<Scope>[], line: string): Found<Scope> {
  const unknown = commands.at(-1);
  for (const command of commands) {
    if (line.length > maxOf(command) && command !== unknown) continue;
    const match = command.pattern.exec(line);
    if (match && unknown) return { command, unknown, match };
  }
  throw new Error('the last command is everything');
}

function maxOf({ maxLength = MAX_COMMAND }: { readonly maxLength?: number }): number {
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
