import { GitkubeError } from '../../../base/errors.ts';
import { plain } from '../../../base/text.ts';
import { parseRemotePath, type RemoteName } from '../../access/remote-name.ts';

/** A command that people type. */
export interface Usage {
  readonly name: string;
  /** What `--help` prints. */
  readonly help: readonly string[];
  readonly options: readonly string[];
  /** How many words it takes besides. */
  readonly words: number;
}

export interface Words {
  readonly options: ReadonlySet<string>;
  readonly rest: readonly string[];
}

/**
 * The words behind a command.
 * @throws UsageInvalid
 */
export function readWords(text: string, usage: Usage): Words {
  const words = text.split(/\s+/).filter(Boolean);
  const options = words.filter((word) => word.startsWith('-'));
  const rest = words.filter((word) => !word.startsWith('-'));
  const unknown = options.find((option) => option !== '--help' && !usage.options.includes(option));
  if (unknown !== undefined) throw wrong(usage, `${usage.name} has no option ${plain(unknown, 80)}`);
  const surplus = rest[usage.words];
  if (surplus !== undefined) throw wrong(usage, `${usage.name} takes no argument ${plain(surplus, 80)}`);
  return { options: new Set(options), rest };
}

/** @throws UsageInvalid when it is no name of a Remote */
export function remoteIn(word: string | undefined, usage: Usage): RemoteName | undefined {
  if (word === undefined) return undefined;
  try {
    return parseRemotePath(word, '');
  } catch {
    throw wrong(usage, `${plain(word, 80)} is not <namespace>/<remote>`);
  }
}

export interface DeployName {
  readonly remote: RemoteName | undefined;
  readonly id: string | undefined;
}

/**
 * A Remote and the id of a deploy. Both may be left out: a Remote has a slash, and an id has none.
 * @throws UsageInvalid
 */
export function deployIn([first, second]: readonly string[], usage: Usage): DeployName {
  if (second?.includes('/')) throw wrong(usage, `${plain(second, 80)} is not the id of a deploy`);
  if (second === undefined && first !== undefined && !first.includes('/')) return { remote: undefined, id: first };
  return { remote: remoteIn(first, usage), id: second };
}

export function wrong({ name }: Usage, message: string): GitkubeError {
  return new GitkubeError('UsageInvalid', message, { hint: `${name} --help   shows what it takes` });
}
