import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Channel } from './channel.ts';
import type { CommandScope } from './command.ts';
import type { Usage } from './usage.ts';
import { wrong } from './words.ts';

/** A Secret takes 1 MiB of values; names and line ends come on top. */
const MAX_INPUT = 2 * 1024 * 1024;

type Pair = readonly [name: string, value: string, place: string];

const nameRule = 'letters, digits and _, and no digit first';

type Input = Pick<CommandScope, 'channel' | 'left'>;

/**
 * What is to be set, by name: `NAME=value`; `NAME=-` for all of stdin; without words, lines `NAME=value` of stdin.
 * @throws UsageInvalid, without any value
 */
export async function valuesIn(words: readonly string[], usage: Usage, input: Input): Promise<Map<string, Buffer>> {
  if (words.length === 0) return lineValues(await readInput(input), usage);
  const pairs = words.map((word, index) => wordAssignment(word, `word ${index + 1} behind env set`, usage));
  requireOnce(pairs, usage);
  const fromInput = pairs.filter(([, value]) => value === '-');
  if (fromInput.length > 1) throw wrong(usage, 'only one value can come by stdin');
  const read = fromInput.length > 0 ? withoutLineEnd(await readInput(input)) : undefined;
  return new Map(pairs.map(([name, value]) => [name, value === '-' && read ? read : Buffer.from(value)]));
}

/** What is to be unset. @throws UsageInvalid */
export function namesIn(words: readonly string[], usage: Usage): readonly string[] {
  if (words.length === 0) throw wrong(usage, 'env unset needs a name');
  if (words.some((word) => word.includes('='))) throw wrong(usage, 'env unset takes names, and no values');
  for (const word of words) requireName(word, usage);
  requireOnce(
    words.map((word, index) => [word, '', `word ${index + 1} behind env unset`]),
    usage,
  );
  return words;
}

/** As files with variables have them: empty lines, and those that begin with #, say nothing. */
function lineValues(input: Buffer, usage: Usage): Map<string, Buffer> {
  const text = input.toString('utf8');
  if (!Buffer.from(text).equals(input))
    throw wrong(usage, 'stdin is no UTF-8: a value with other bytes is set by NAME=-');
  const pairs = text.split(/\r?\n/).flatMap((line, index) => {
    const isEmpty = line.trim() === '' || line.startsWith('#');
    return isEmpty ? [] : [lineAssignment(line, `line ${index + 1} of stdin`, usage)];
  });
  const [only, ...others] = pairs;
  // The padding of base64 looks like an empty value.
  if (only && others.length === 0 && /^=?$/.test(only[1])) {
    throw wrong(usage, `${only[2]} looks like a value without its name`, 'set it by NAME=-, or an empty one as a word');
  }
  requireOnce(pairs, usage);
  if (pairs.length === 0) throw wrong(usage, 'env set needs NAME=value, as words or as lines of stdin');
  return new Map(pairs.map(([name, value]) => [name, Buffer.from(value)]));
}

function wordAssignment(word: string, place: string, usage: Usage): Pair {
  if (word.includes('\ufffd')) {
    throw wrong(usage, `${place} has bytes that are no UTF-8`, 'send its value by stdin: env set NAME=- < file');
  }
  const pair = assignment(word, place, usage);
  requireName(pair[0], usage);
  return pair;
}

/** No message has the name: it may be a part of a secret, in a file without names. */
function lineAssignment(line: string, place: string, usage: Usage): Pair {
  const pair = assignment(line, place, usage);
  if (!isName(pair[0])) throw wrong(usage, `the name in ${place} is no name of a variable: ${nameRule}`);
  return pair;
}

/** @param place for the message: what stands there may be a part of a secret */
function assignment(text: string, place: string, usage: Usage): Pair {
  const [, name, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw wrong(usage, `${place} is not NAME=value`, `quote a value with spaces twice: "env set NAME='two words'"`);
  }
  return [name, value, place];
}

function requireName(name: string, usage: Usage): void {
  if (!isName(name)) throw wrong(usage, `${plain(name, 80)} is no name of a variable: ${nameRule}`);
}

function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,252}$/.test(text);
}

function requireOnce(pairs: readonly Pair[], usage: Usage): void {
  const known = new Set<string>();
  for (const [name, , place] of pairs) {
    if (known.has(name)) throw wrong(usage, `${place} has a name that was there before`, 'name each variable once');
    known.add(name);
  }
}

/** An editor, and echo, end a file with a line end that nobody means. */
function withoutLineEnd(input: Buffer): Buffer {
  return input.at(-1) === 10 ? input.subarray(0, input.at(-2) === 13 ? -2 : -1) : input;
}

/** All that the client sends. @throws UsageInvalid when that is too much; Cancelled when it leaves */
async function readInput({ channel, left }: Input): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const leave = () => reject(new GitkubeError('Cancelled', 'the client left before all of stdin was here'));
  const take = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_INPUT) reject(new GitkubeError('UsageInvalid', 'stdin has more than a Secret takes, 1 MiB'));
  };
  const end = () => resolve(Buffer.concat(chunks));
  listen(channel.stdin, take, end);
  left.addEventListener('abort', leave, { once: true });
  try {
    return await promise;
  } finally {
    channel.stdin.off('data', take);
    left.removeEventListener('abort', leave);
  }
}

function listen(stdin: Channel['stdin'], take: (chunk: Buffer) => void, end: () => void): void {
  stdin.on('data', take);
  stdin.once('end', end);
}
