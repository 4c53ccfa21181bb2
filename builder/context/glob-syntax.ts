import { type ByteString, textOfBytes } from '../../base/byte-string.ts';
import { isMalformed } from './glob-check.ts';

/** One character: itself, or what a set of characters takes. */
export type CharMatcher = string | ((char: string) => boolean);

export type GlobToken =
  | { readonly kind: 'char'; readonly is: CharMatcher }
  /** Any number of them. */
  | { readonly kind: 'chars'; readonly is: CharMatcher }
  /** Nothing, or anything that ends in a slash. */
  | { readonly kind: 'folders' }
  /** Takes nothing, and only at the start of the path. */
  | { readonly kind: 'start' };

export interface Glob {
  readonly how: 'exact' | 'prefix' | 'suffix' | 'tokens';
  readonly tokens: readonly GlobToken[];
}

/** Why a pattern cannot be used, in words that go on after a colon; unset: Docker refuses it, too. */
export class BadGlob extends Error {
  readonly why: string | undefined;
  constructor(why?: string) {
    super(why);
    this.why = why;
  }
}

/**
 * What moby/patternmatcher makes of a cleaned pattern. It builds a regular expression piece by piece, and a few pieces
 * come together to something that nobody meant: `[*]`, `a^b*`, `\d`. Docker's users have files that rely on it or lie
 * next to it, so the same expression is built here and read as Go's regexp reads it, without ever being a RegExp.
 * @throws BadGlob
 */
export function parseGlob(pattern: ByteString): Glob {
  if (isMalformed(pattern)) throw new BadGlob();
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) throw new BadGlob('it ends in a backslash');
  const chars = [...textOfBytes(pattern)];
  if (chars[0] === '\ufeff') chars.shift();
  let how: 'exact' | 'prefix' | 'suffix' | 'regexp' = 'exact';
  let source = '';
  for (let turn = 0, at = 0; at < chars.length; turn++) {
    const char = chars[at++] ?? '';
    if (char === '*' && chars[at] === '*') {
      at += chars[at + 1] === '/' ? 2 : 1;
      if (at < chars.length) {
        source += folders;
        how = 'regexp';
      } else if (how === 'exact') how = 'prefix';
      else {
        source += '.*';
        how = 'regexp';
      }
      // Text without another wildcard behind it is the end of the path, even without a slash: `**.log`.
      if (turn === 0) how = 'suffix';
      continue;
    }
    if (char === '\\') source += `\\${chars[at++] ?? ''}`;
    else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else source += escaped.test(char) ? `\\${char}` : char;
    if ('\\*?[]'.includes(char)) how = 'regexp';
  }
  return how === 'regexp' ? { how: 'tokens', tokens: new Reader(source).tokens() } : { how, tokens: [] };
}

const folders = '(.*/)?';
/** Each character of a path is compared with all of a set. */
const maxSetParts = 256;
// Not | and {}, which are meant there, too, but are lost in a table of too few bits.
const escaped = /[.+()$]/;

/** Reads what of Go's regular expressions can come out of the above. */
class Reader {
  readonly #chars: readonly string[];
  /** Where the last `:]` is. */
  readonly #lastClassEnd: number;
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source];
    this.#lastClassEnd = this.#chars.findLastIndex((char, at) => char === ':' && this.#chars[at + 1] === ']');
  }

  tokens(): GlobToken[] {
    const tokens: GlobToken[] = [];
    while (this.#at < this.#chars.length) tokens.push(this.#token());
    return tokens;
  }

  #token(): GlobToken {
    const char = this.#next();
    if (char === '(') {
      this.#at += folders.length - 1;
      return { kind: 'folders' };
    }
    if (char === '^') return { kind: 'start' };
    if (char === '|' || (char === '{' && this.#repeats()))
      throw new BadGlob(`Docker reads '${char}' as a regular expression: write \\${char}`);
    const is = char === '.' ? notNewline : char === '[' ? this.#set() : char === '\\' ? this.#escape() : char;
    if (this.#peek() !== '*' || (char !== '.' && char !== '[')) return { kind: 'char', is };
    this.#at++;
    return { kind: 'chars', is };
  }

  /** Behind an opening bracket. */
  #set(): CharMatcher {
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const parts: CharMatcher[] = [];
    do {
      if (this.#peek() === '[' && this.#peek(1) === ':' && this.#at + 2 <= this.#lastClassEnd)
        throw new BadGlob('Docker reads [:class:] as a regular expression');
      parts.push(this.#setPart());
      if (parts.length > maxSetParts) throw new BadGlob(`a [set] of more than ${maxSetParts} characters`);
    } while (this.#peek() !== ']');
    this.#at++;
    return (char) => parts.some((is) => matches(is, char)) !== negated;
  }

  #setPart(): CharMatcher {
    const low = this.#setChar();
    if (typeof low !== 'string' || this.#peek() !== '-' || this.#peek(1) === ']') return low;
    this.#at++;
    const high = this.#setChar();
    if (typeof high !== 'string' || codePoint(high) < codePoint(low)) throw new BadGlob();
    return (char) => codePoint(low) <= codePoint(char) && codePoint(char) <= codePoint(high);
  }

  #setChar(): CharMatcher {
    const char = this.#next();
    return char === '\\' ? this.#escape() : char;
  }

  #escape(): CharMatcher {
    const char = this.#next();
    const set = escapes[char];
    if (set !== undefined) return set;
    if (/^[\u0000-\u007f]$/.test(char) && !/^[a-z0-9]$/i.test(char)) return char;
    throw new BadGlob(`Docker refuses \\${char}, or reads it as a regular expression`);
  }

  #next(): string {
    const char = this.#peek();
    if (char === undefined) throw new BadGlob();
    this.#at++;
    return char;
  }

  #peek(ahead = 0): string | undefined {
    return this.#chars[this.#at + ahead];
  }

  /** Whether `3}`, `3,}` or `3,5}` comes next. */
  #repeats(): boolean {
    const low = this.#digits(0);
    const end = this.#peek(low) === ',' ? low + 1 + this.#digits(low + 1) : low;
    return low > 0 && this.#peek(end) === '}';
  }

  /** How many. */
  #digits(ahead: number): number {
    let found = 0;
    while (digit(this.#peek(ahead + found) ?? '')) found++;
    return found;
  }
}

export function matches(is: CharMatcher, char: string): boolean {
  return typeof is === 'string' ? is === char : is(char);
}

const notNewline = (char: string) => char !== '\n';
const digit = (char: string) => /^[0-9]$/.test(char);
const space = (char: string) => /^[\t\n\f\r ]$/.test(char);
const word = (char: string) => /^\w$/.test(char);

/** Of Go's regular expressions; backslash and letter, not file names. */
const escapes: Readonly<Record<string, CharMatcher>> = Object.assign(Object.create(null), {
  a: '\u0007',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  d: digit,
  D: (char: string) => !digit(char),
  s: space,
  S: (char: string) => !space(char),
  w: word,
  W: (char: string) => !word(char),
});

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0;
}
