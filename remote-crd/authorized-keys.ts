import { count, plain } from '../base/text.ts';
import { isKnownType, readPublicKey } from './public-key.ts';
import type { AuthorizedKey, KeyProblem } from './remote.ts';

export interface ParsedKeys {
  /** Each key once, in the order of its first line. */
  readonly keys: readonly AuthorizedKey[];
  readonly problems: readonly KeyProblem[];
}

/**
 * Reads entries in the format of an authorized_keys file (sshd(8)): one key a line, several lines an entry.
 *
 * An option before a key narrows what it may do, so a key with an option that has a meaning here is refused, never taken
 * without it; options that only forbid what Gitkube never allows are accepted.
 */
export function parseAuthorizedKeys(entries: readonly string[]): ParsedKeys {
  const keys = new Map<string, AuthorizedKey>();
  const problems: KeyProblem[] = [];
  for (const { line, place } of entries.flatMap(keyLines)) {
    const parsed = parseLine(line);
    if (typeof parsed === 'string') problems.push({ line: `${place} (${looksOf(line)})`, problem: parsed });
    else if (!keys.has(parsed.fingerprint)) keys.set(parsed.fingerprint, parsed);
  }
  return { keys: [...keys.values()], problems };
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

/** The key, or why there is none. */
function parseLine(line: string): AuthorizedKey | string {
  if (/^-{5}BEGIN .*PRIVATE KEY/.test(line)) {
    return 'this is a private key: replace it by its .pub file, and generate a new key, because this one is no longer secret';
  }
  if (/^-{4,5} ?BEGIN /.test(line)) return 'this is another key format: convert it with ssh-keygen -i';
  const words = splitWords(line);
  if (words === undefined) return 'a quotation mark of its options is not closed';
  const [first = '', ...others] = words;
  if (isKeyType(first)) return keyOf(first, others);
  const [type = '', ...rest] = others;
  if (!isKeyType(type)) return `this is not a public key: the line should begin with a type such as ssh-ed25519`;
  return optionProblem(first) ?? keyOf(type, rest);
}

function keyOf(type: string, [base64 = '', ...comment]: readonly string[]): AuthorizedKey | string {
  const key = readPublicKey(type, base64);
  return typeof key === 'string' ? key : { ...key, comment: plain(comment.join(' '), 80) };
}

function isKeyType(word: string): boolean {
  return /^(?:ssh|ecdsa|sk-ssh|sk-ecdsa|rsa)-[a-z0-9@.-]+$/.test(word);
}

const harmless = new Set([
  'restrict',
  'no-pty',
  'no-port-forwarding',
  'no-agent-forwarding',
  'no-x11-forwarding',
  'no-user-rc',
]);

/** Those of sshd(8) that mean something here. Any other word may be a password that stands at the wrong place. */
const known = new Set([
  ...['agent-forwarding', 'cert-authority', 'command', 'environment', 'expiry-time', 'from', 'no-touch-required'],
  ...['permitlisten', 'permitopen', 'port-forwarding', 'principals', 'pty', 'tunnel', 'user-rc', 'verify-required'],
  'x11-forwarding',
]);

function optionProblem(options: string): string | undefined {
  const names = splitOptions(options).map((option) => option.split('=', 1)[0] ?? '');
  const bad = names.find((name) => !harmless.has(name.toLowerCase()));
  if (bad === undefined) return undefined;
  const named = known.has(bad.toLowerCase()) ? `the option ${bad}` : `an option of ${count(bad.length, 'character')}`;
  return `${named} is not supported, and a key is not taken without its options`;
}

/** Words, and quoted spaces do not divide: the options are one word. Undefined: a quotation mark is not closed. */
function splitWords(line: string): string[] | undefined {
  const options = /^(?:[^\s"]|"(?:\\.|[^"\\])*")+/.exec(line)?.[0];
  if (options === undefined) return undefined;
  const rest = line.slice(options.length);
  if (rest !== '' && !/^\s/.test(rest)) return undefined;
  return [options, ...rest.split(/\s+/).filter((word) => word !== '')];
}

function splitOptions(options: string): string[] {
  return options.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? [];
}

/** What helps to find a line again. None of its text: it may be a secret that was pasted by mistake, and a status is read by many. */
function looksOf(line: string): string {
  const type = splitWords(line)
    ?.slice(0, 2)
    .find((word) => isKnownType(word));
  return `${type === undefined ? '' : `${type}, `}${count(line.length, 'character')}`;
}
