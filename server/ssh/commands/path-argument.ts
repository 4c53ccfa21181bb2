import { parseRemotePath, type RemoteName } from '../../access/remote-name.ts';
import { unknownCommand } from '../../commands/unknown.ts';

/**
 * The Remote that the argument of a git command names.
 * @throws CommandRefused when it is not one quoted word; RemoteUnknown
 */
export function remoteOf([command, argument = '']: RegExpExecArray, urlForm: string): RemoteName {
  const path = unquote(argument);
  if (path === undefined) throw unknownCommand(command);
  return parseRemotePath(path, urlForm);
}

/** git quotes for a POSIX shell: single quotes, with `'\''` for a quote and `'\!'` for an exclamation mark. */
function unquote(word: string): string | undefined {
  if (!word.startsWith("'")) return /^[\w./~-]+$/.test(word) ? word : undefined;
  if (!/^'(?:[^']|'\\['!]')*'$/s.test(word)) return undefined;
  return word.slice(1, -1).replace(/'\\(['!])'/g, '$1');
}
