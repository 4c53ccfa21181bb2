import { askForm } from '../../base/git-remote.ts';

/** An option of a command. */
export interface Option {
  /** What follows it, for the usage: `<lines>`; unset: nothing does. */
  readonly value?: string;
  readonly about: string;
}

/** A command that people type. */
export interface Usage {
  readonly name: string;
  /** For the list of all commands. */
  readonly summary: string;
  /** What follows the name in the example. */
  readonly example: string;
  /** What it takes besides options. */
  readonly takes: string;
  /** How many words that is at most. */
  readonly words: number;
  /** Words may have quotes, as a POSIX shell has them; unset: white space is all that counts. */
  readonly quoted?: true;
  readonly options: Readonly<Record<string, Option>>;
  /** What stands behind `--`, where that is text of its own; unset: arguments as all others. */
  readonly behind?: string;
  /** What it does, for who reads its help. */
  readonly about: readonly string[];
  /** What else is to know where a client joins its words with spaces, as ssh does. */
  readonly aboutSsh?: readonly string[];
  /** When it ends with each exit code. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /** When the command itself fails; unset: 2. */
  readonly failCode?: number;
}

/** Of a command that fails itself. */
export const defaultFailCode = 2;

/** Most commands are about one Remote. */
export const oneRemote = '[<namespace>/<remote>]';

/**
 * What `--help` prints: first an example that can be typed as it is.
 * @param urlForm how the URL of a Remote looks
 */
export function helpOf(usage: Usage, urlForm: string): readonly string[] {
  const { name, takes, about, aboutSsh = [], options, behind, exitCodes, failCode = defaultFailCode } = usage;
  return [
    `Example: ${typed(usage, urlForm)}`,
    `Usage:   ${[name, takes, ...Object.entries(options).map(inBrackets), behind].filter(Boolean).join(' ')}`,
    '',
    ...about,
    ...aboutSsh,
    ...(takes.startsWith(oneRemote) ? ['The Remote can be left out when your key has exactly one.'] : []),
    ...rows(Object.entries(options).map(([option, { value, about: does }]) => [joined(option, value), does])),
    '',
    'Exit codes:',
    ...rows(Object.entries({ [failCode]: 'the command itself fails', ...exitCodes })).slice(1),
  ];
}

/** `ssh -p 2222 git@host status default/hello` */
function typed({ name, example }: Usage, urlForm: string): string {
  return `${askForm(urlForm, name)} ${example}`.trim();
}

function inBrackets([name, { value }]: readonly [string, Option]): string {
  return `[${joined(name, value)}]`;
}

function joined(name: string, value: string | undefined): string {
  return value === undefined ? name : `${name} ${value}`;
}

/** Names, with what they mean in a column of its own. */
function rows(named: readonly (readonly [string, string])[]): string[] {
  if (named.length === 0) return [];
  const width = Math.max(...named.map(([name]) => name.length));
  return ['', ...named.map(([name, about]) => `  ${name.padEnd(width)}   ${about}`)];
}
