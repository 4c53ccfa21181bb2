import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { wayOf } from '../access/principal.ts';
import { type Command, type CommandScope, longestLine } from './command.ts';
import { asTyped } from './refusal.ts';

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
    if (line.length > maxOf(command)) throw tooLong(line, command === unknown ? undefined : match[0], maxOf(command));
    await command.run(match, scope);
  } catch (thrown) {
    const way = wayOf(scope.principal, scope.backend.urlForm);
    const error = asTyped(asGitkubeError(thrown), way, { isPush: command.isPush });
    (error.reason === 'CommandRefused' ? unknown : command).refuse(scope.channel, error);
  }
}

interface Found<Scope extends CommandScope> {
  readonly command: Command<Scope>;
  readonly unknown: Command<Scope>;
  readonly match: RegExpExecArray;
}

/** One that is too long for its command is found by its first word: it fails as that command does. */
function find<Scope extends CommandScope>(commands: readonly Command<Scope>[], line: string): Found<Scope> {
  const unknown = commands.at(-1);
  const [word = ''] = /^\S*/.exec(line.slice(0, MAX_COMMAND)) ?? [];
  for (const command of commands) {
    const match = command.pattern.exec(line.length > maxOf(command) ? word : line);
    if (match && unknown) return { command, unknown, match };
  }
  throw new Error('the last command is everything');
}

function maxOf({ maxLength = MAX_COMMAND }: { readonly maxLength?: number }): number {
  return maxLength;
}

/** Nothing of the line is shown but its command: it may have the value of a secret in it. */
function tooLong(line: string, name: string | undefined, max: number): GitkubeError {
  const what = `a command of ${line.length} characters`;
  if (name === undefined) {
    return new GitkubeError('CommandRefused', what, {
      hint: `the URL of a Remote is short; a command has ${MAX_COMMAND} characters at most, env and run ${longestLine}`,
    });
  }
  return new GitkubeError('UsageInvalid', `${what}: ${name}`, {
    hint: [
      `${name} takes ${max} characters at most`,
      ...(name === 'env' ? ['a longer value comes by stdin: env set NAME=- < file'] : []),
    ],
  });
}
