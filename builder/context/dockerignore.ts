import { posix } from 'node:path';
import { type ByteString, byteString, textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { literalEnds, matchTokens } from './glob-match.ts';
import { BadGlob, type Glob, parseGlob } from './glob-syntax.ts';

/**
 * `.dockerignore`, as BuildKit reads it with moby/patternmatcher (https://github.com/moby/patternmatcher): the last
 * pattern that matches a path, or a folder above it, decides.
 *
 * The patterns come from the pusher, so they never become a RegExp, which a few characters can keep busy for hours.
 * Matching has a budget of steps for each context.
 */
export class DockerIgnore {
  /** Whether something in an ignored folder may not be ignored. */
  readonly hasExceptions: boolean;
  readonly #patterns: readonly Pattern[];
  /** For each folder that was asked about: which patterns decided about it, or about a folder above it. */
  readonly #folders = new Map<string, Uint8Array>();
  #steps = 0;

  /** @throws GitkubeError BuildFailed for a pattern that Docker does not take either. */
  constructor(content: Uint8Array, file = '.dockerignore') {
    this.#patterns = parse(content, file);
    this.hasExceptions = this.#patterns.some(({ negated }) => negated);
  }

  /** Whether `path`, relative to the context and without a leading or trailing slash, stays out. */
  ignores(path: ByteString): boolean {
    return this.#decide(path).ignored;
  }

  /** MatchesUsingParentResults: a pattern that could change nothing is skipped, and says nothing about what is below. */
  #decide(path: ByteString): { readonly ignored: boolean; readonly matched: Uint8Array } {
    const slash = path.lastIndexOf('/');
    const above = slash === -1 ? undefined : this.#folder(path.slice(0, slash) as ByteString);
    const matched = new Uint8Array(this.#patterns.length);
    const text = textOfBytes(path);
    let ignored = false;
    // A pattern without wildcards is quickly compared, but there may be thousands.
    this.#spend(this.#patterns.length >> 1);
    for (const [index, pattern] of this.#patterns.entries()) {
      if (above?.[index] !== 1 && (pattern.negated !== ignored || !this.#test(pattern, path, text))) continue;
      matched[index] = 1;
      ignored = !pattern.negated;
    }
    return { ignored, matched };
  }

  #folder(path: ByteString): Uint8Array {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const { matched } = this.#decide(path);
    if (this.#folders.size * this.#patterns.length > maxRemembered) this.#folders.clear();
    this.#folders.set(path, matched);
    return matched;
  }

  #test({ how, cleaned, head, tail, tokens }: Pattern, path: ByteString, text: string): boolean {
    if (how === 'exact') return path === cleaned;
    if (how === 'prefix') return path.startsWith(cleaned.slice(0, -2));
    if (how === 'suffix') return path.endsWith(cleaned.slice(2)) || `/${path}` === cleaned.slice(2);
    if (text.length < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    return matchTokens(tokens, text, this.#spend);
  }

  readonly #spend = (steps: number) => {
    this.#steps += steps;
    if (this.#steps < maxSteps) return;
    throw new GitkubeError('ContextTooLarge', 'the .dockerignore takes too long to match', {
      hint: 'use fewer wildcards, or name whole folders',
    });
  };
}

/** A second or two; 30,000 files and a dozen wildcards take a hundredth of it. */
const maxSteps = 3e7;
const maxPatterns = 5000;
/** Bytes about folders. */
const maxRemembered = 16e6;
/** Go's bufio.Scanner takes no longer line. */
const maxLine = 64 * 1024;

interface Pattern extends Glob {
  readonly negated: boolean;
  readonly cleaned: ByteString;
  readonly head: string;
  readonly tail: string;
}

function parse(content: Uint8Array, file: string): Pattern[] {
  const lines = byteString(content)
    .replace(/^\xef\xbb\xbf/, '')
    .split('\n');
  const patterns = lines.flatMap((line, index) => parseLine(line as ByteString, `${file} line ${index + 1}`) ?? []);
  if (patterns.length > maxPatterns) {
    throw new GitkubeError('ContextTooLarge', `${file} has more than ${maxPatterns} patterns`);
  }
  return patterns;
}

function parseLine(line: ByteString, where: string): Pattern | undefined {
  if (line.length >= maxLine) throw badPattern(where, line, `it has ${line.length} bytes`);
  const written = line.startsWith('#') ? '' : readLine(line);
  if (written === '') return undefined;
  // The reader of the file has cleaned it before, and has taken the slash from its start.
  const negated = written.startsWith('!');
  const cleaned = (negated ? written.slice(1) : written) as ByteString;
  if (cleaned === '') throw badPattern(where, line);
  try {
    const glob = parseGlob(cleaned);
    return { ...glob, negated, cleaned, ...literalEnds(glob.tokens) };
  } catch (thrown) {
    if (thrown instanceof BadGlob) throw badPattern(where, line, thrown.why);
    throw thrown;
  }
}

/** moby/patternmatcher/ignorefile, then the start of patternmatcher.New: each trims and cleans. */
function readLine(line: ByteString): string {
  const trimmed = trim(line);
  if (trimmed === '') return '';
  const negated = trimmed.startsWith('!');
  const path = negated ? trim(trimmed.slice(1)) : trimmed;
  const relative = path === '' ? '' : clean(path).replace(/^\/(?=.)/s, '');
  const read = trim(negated ? `!${relative}` : relative);
  return read === '' ? '' : clean(read);
}

/** Go's filepath.Clean: Node's, without the slash at the end. */
function clean(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/s, '');
}

/** Go's strings.TrimSpace, on the bytes of UTF-8: White_Space of Unicode, which has U+0085 and lacks U+FEFF. */
function trim(bytes: string): string {
  return bytes.replace(leadingSpace, '').replace(trailingSpace, '');
}

const space =
  '(?:[\\t-\\r ]|\\xc2[\\x85\\xa0]|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80)';
const leadingSpace = new RegExp(`^${space}+`);
const trailingSpace = new RegExp(`(?<!${space})${space}+$`);

function badPattern(where: string, line: ByteString, why?: string): GitkubeError {
  const text = textOfBytes(line).trim();
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new GitkubeError(
    'BuildFailed',
    `${where} is not a valid pattern: ${shown}${why === undefined ? '' : ` (${why})`}`,
    {
      hint: 'see https://docs.docker.com/build/concepts/context/#dockerignore-files',
    },
  );
}
