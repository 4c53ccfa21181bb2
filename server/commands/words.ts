import { GitkubeError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { parseReleaseName } from '../../base/release-name.ts';
import { askServer } from '../../base/server-hints.ts';
import { shellWords } from '../../base/shell-words.ts';
import { plain } from '../../base/text.ts';
import { parseRemoteWord, type RemoteName, remoteNameText } from '../access/remote-name.ts';
import type { Usage } from './usage.ts';

export interface Words {
  /** With what follows each; empty: nothing does. */
  readonly options: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
  /** All that was typed behind the command, as it was typed, without the `--` that ends options. */
  readonly tail: string;
  /** What stands behind `--`, as it was typed; undefined: there is none, or it is arguments as all others. */
  readonly behind?: string | undefined;
}

/**
 * The words behind a command. `--tail=5` is `--tail 5`, and behind `--` there are no options.
 * @throws UsageInvalid
 */
export function readWords(text: string, usage: Usage): Words {
  const [, before = text, behind] = usage.behind ? (/^(.*?)(?<!\S)--(?!\S)(.*)$/s.exec(text) ?? []) : [];
  const words = usage.quoted ? shellWords(before) : before.split(/\s+/).filter(Boolean);
  if (!words) throw wrong(usage, 'a quote is not closed');
  const options = new Map<string, string>();
  const rest: string[] = [];
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word === '--') rest.push(...words.splice(0));
    else if (word.startsWith('-') && word !== '-') options.set(...readOption(word, words, usage));
    else rest.push(word);
  }
  const surplus = rest[usage.words];
  if (surplus !== undefined) throw wrong(usage, `${usage.name} takes no argument ${plain(surplus, 80)}`);
  const tail = text.replace(/(^|\s)--(?:\s+|$)/, '$1').trim();
  return { options, rest, tail, behind: behind?.trim() };
}

/** @param words behind it; what belongs to it is taken from them */
function readOption(word: string, words: string[], usage: Usage): [name: string, value: string] {
  const [, name = word, given] = /^(--?[^=]*)=(.*)$/s.exec(word) ?? [];
  if (name === '--help' && given === undefined) return [name, ''];
  const option = Object.hasOwn(usage.options, name) ? usage.options[name] : undefined;
  if (!option) throw unknownOption(name, usage);
  if (option.value === undefined) {
    if (given !== undefined) throw wrong(usage, `${name} takes no value`);
    return [name, ''];
  }
  const value = given ?? words.shift();
  if (!value) throw wrong(usage, `${name} needs ${option.value} after it`);
  return [name, value];
}

function unknownOption(name: string, usage: Usage): GitkubeError {
  const near = nearest(name, ['--help', ...Object.keys(usage.options)]);
  return wrong(usage, `${usage.name} has no option ${plain(name, 80)}`, ...(near ? [`did you mean ${near}?`] : []));
}

/** @throws UsageInvalid when it is no name of a Remote */
export function remoteIn(word: string | undefined, usage: Usage): RemoteName | undefined {
  if (word === undefined) return undefined;
  try {
    return parseRemoteWord(word);
  } catch {
    throw wrong(usage, `${plain(word, 80)} is not <namespace>/<remote>[/<environment>]`);
  }
}

/** Whether it is `7`, `releases/7` or, of an environment, `releases/staging/7`. */
export function isRelease(word: string | undefined): boolean {
  return (parseReleaseName(word ?? '')?.number ?? 0) > 0;
}

/** @throws UsageInvalid */
export function requireRelease(word: string, usage: Usage): void {
  if (!isRelease(word)) throw wrong(usage, `${plain(word, 80)} is not the number of a release`);
}

/**
 * The number of a release.
 * @param remote as it was typed; a name in full has to be of its environment
 * @throws UsageInvalid
 */
export function releaseIn(word: string, usage: Usage, remote: RemoteName | undefined): number {
  requireRelease(word, usage);
  const { number = 0, environment } = parseReleaseName(word) ?? {};
  const own = remote && 'environment' in remote ? remote.environment : '';
  if (environment === undefined || environment === own) return number;
  const named = remote ? remoteNameText(remote) : 'the Remote itself';
  const whose = environment === '' ? 'the Remote itself' : `environment ${environment}`;
  const hint =
    environment === '' ? 'name the Remote alone' : `name its environment: <namespace>/<remote>/${environment}`;
  throw wrong(usage, `${word} is of ${whose}, and the command is about ${named}`, hint);
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

export function wrong({ name }: Usage, message: string, ...hints: readonly string[]): GitkubeError {
  return new GitkubeError('UsageInvalid', message, {
    hint: [...hints, `to see what it takes, type: ${askServer(`${name} --help`)}`],
  });
}
