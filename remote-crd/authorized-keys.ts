import { count, plain } from '../base/text.ts';
import { readKeyOptions } from './key-options.ts';
import { isKnownType, readPublicKey } from './public-key.ts';
import type { AuthorizedKey, KeyProblem } from './remote.ts';

export interface ParsedKeys {
  /** Each key once, in the order of its first line. */
  readonly keys: readonly AuthorizedKey[];
  readonly problems: readonly KeyProblem[];
  /** What has no effect in entries that are used. */
  readonly ignored: readonly KeyProblem[];
}

/**
 * Reads entries in the format of an authorized_keys file (sshd(8)): one key a line, several lines an entry.
 *
 * An option before a key narrows what it may do. Those that Gitkube has are kept with it; those that allow what Gitkube does not
 * have are ignored, and named; with any other one the key is refused, never taken without it.
 */
export function parseAuthorizedKeys(entries: readonly string[]): ParsedKeys {
  const keys = new Map<string, AuthorizedKey>();
  const problems: KeyProblem[] = [];
  const ignored: KeyProblem[] = [];
  for (const { line, place } of entries.flatMap(keyLines)) {
    const where = `${place} (${looksOf(line)})`;
    const parsed = parseLine(line);
    if (typeof parsed === 'string') problems.push({ line: where, problem: parsed });
    else {
      const { key, without } = parsed;
      const before = keys.get(key.fingerprint);
      keys.set(key.fingerprint, before ? withLine(before, key) : key);
      const what = [...without, ...(before && !before.limits !== !key.limits ? [anyLineCounts] : [])];
      ignored.push(...what.map((problem) => ({ line: where, problem })));
    }
  }
  return { keys: [...keys.values()], problems, ignored };
}

const anyLineCounts =
  'another line has the same key, and one of the two has no limits: those of the other have no effect';

/** As in sshd, a key is taken when one of its lines allows it. */
function withLine({ limits, options: _, ...key }: AuthorizedKey, { limits: more }: AuthorizedKey): AuthorizedKey {
  return limits || more ? { ...key, limits: [...(limits ?? [{}]), ...(more ?? [{}])] } : key;
}

/** For a condition. */
export function keyWords({ line, problem }: KeyProblem): string {
  return `${line} of spec.authorizedKeys: ${problem}`;
}

/** Lines with something in them; the inside of a PEM block is dropped, so that a private key is stored nowhere. */
function keyLines(entry: string, index: number): { readonly line: string; readonly place: string }[] {
  const lines: { readonly line: string; readonly place: string }[] = [];
  let insideBlock = false;
  const all = entry.trimEnd().split(/\r\n?|\n/);
  for (const [at, raw] of all.entries()) {
    const line = unquote(raw.trim());
    const place = `entry ${index + 1}${all.length > 1 ? `, line ${at + 1}` : ''}`;
    if (/^-{4,5} ?END /.test(line)) insideBlock = false;
    else if (insideBlock || line === '' || line.startsWith('#')) continue;
    else lines.push({ line, place });
    if (/^-{4,5} ?BEGIN /.test(line)) insideBlock = true;
  }
  return lines;
}

/** Quotes that YAML has kept, because they are inside a block (hasura/gitkube#128). */
function unquote(line: string): string {
  return line
    .replace(/^["'\u2018\u201c]+/, '')
    .replace(/(?<![\\=])["'\u2019\u201d]+,?$/, '')
    .trim();
}

interface KeyLine {
  readonly key: AuthorizedKey;
  /** What of the line has no effect. */
  readonly without: readonly string[];
}

/** The key, or why there is none. */
function parseLine(line: string): KeyLine | string {
  if (/^-{5}BEGIN .*PRIVATE KEY/.test(line)) {
    return 'this is a private key: replace it by its .pub file, and generate a new key, because this one is no longer secret';
  }
  if (/^-{4,5} ?BEGIN /.test(line)) return 'this is another key format: convert it with ssh-keygen -i';
  const words = splitWords(line);
  if (words === undefined) return 'a quotation mark of its options is not closed';
  const [first = '', ...others] = words;
  if (isKeyType(first)) return withOptions('', keyOf(first, others));
  const [type = '', ...rest] = others;
  if (!isKeyType(type)) return `this is not a public key: the line should begin with a type such as ssh-ed25519`;
  return withOptions(first, keyOf(type, rest));
}

function withOptions(options: string, key: AuthorizedKey | string): KeyLine | string {
  const read = readKeyOptions(options);
  if (typeof read === 'string') return read;
  if (typeof key === 'string') return key;
  const { limits, ignored } = read;
  const without =
    ignored.length > 0 ? [`${count(ignored.length, 'option')} without effect: ${ignored.join(', ')}`] : [];
  const limited = Object.keys(limits).length > 0 && { limits: [limits] };
  return { key: { ...key, ...(options !== '' && { options }), ...limited }, without };
}

function keyOf(type: string, [base64 = '', ...comment]: readonly string[]): AuthorizedKey | string {
  const key = readPublicKey(type, base64);
  return typeof key === 'string' ? key : { ...key, comment: plain(comment.join(' '), 80) };
}

function isKeyType(word: string): boolean {
  return /^(?:ssh|ecdsa|sk-ssh|sk-ecdsa|rsa)-[a-z0-9@.-]+$/.test(word);
}

/** Words, and quoted spaces do not divide: the options are one word. Undefined: a quotation mark is not closed. */
function splitWords(line: string): string[] | undefined {
  const options = /^(?:[^\s"]|"(?:\\.|[^"\\])*")+/.exec(line)?.[0];
  if (options === undefined) return undefined;
  const rest = line.slice(options.length);
  if (rest !== '' && !/^\s/.test(rest)) return undefined;
  return [options, ...rest.split(/\s+/).filter((word) => word !== '')];
}

/** What helps to find a line again. None of its text: it may be a secret that was pasted by mistake, and a status is read by many. */
function looksOf(line: string): string {
  const type = splitWords(line)
    ?.slice(0, 2)
    .find((word) => isKnownType(word));
  return `${type === undefined ? '' : `${type}, `}${count(line.length, 'character')}`;
}
