import { posix } from 'node:path';
import { GitkubeError } from '../base/errors.ts';

/**
 * `.dockerignore`, as moby/patternmatcher reads it (https://github.com/moby/patternmatcher): the last pattern that
 * matches a path, or a folder above it, decides.
 *
 * The patterns come from whoever pushes, so they never become a RegExp, which a few characters can keep busy for hours.
 * Matching has a budget of steps for each context.
 */
export class DockerIgnore {
  readonly #patterns: readonly Pattern[];
  /** For each folder that was asked about: which patterns match it or a folder above it. */
  readonly #folders = new Map<string, Uint8Array>();
  #steps = 0;

  /** @throws GitkubeError BuildFailed for a pattern that Docker does not take either. */
  constructor(text: string, file = '.dockerignore') {
    this.#patterns = parse(text, file);
  }

  /** Whether `path`, relative to the context and without a leading or trailing slash, stays out. */
  ignores(path: string): boolean {
    const matches = this.#matches(path);
    let ignored = false;
    this.#patterns.forEach(({ negated }, index) => {
      if (matches[index] === 1) ignored = !negated;
    });
    return ignored;
  }

  #matches(path: string): Uint8Array {
    const folder = posix.dirname(path);
    const above = folder === '.' ? undefined : (this.#folders.get(folder) ?? this.#remember(folder));
    const matches = new Uint8Array(this.#patterns.length);
    this.#patterns.forEach((pattern, index) => {
      if (above?.[index] === 1 || this.#test(pattern, path)) matches[index] = 1;
    });
    return matches;
  }

  #remember(folder: string): Uint8Array {
    const matches = this.#matches(folder);
    this.#folders.set(folder, matches);
    return matches;
  }

  #test({ head, tail, tokens }: Pattern, path: string): boolean {
    if (path.length < head.length || !path.startsWith(head) || !path.endsWith(tail)) return false;
    if (tokens.every((token) => typeof token === 'string')) return path === head;
    return matchTokens(tokens, path, this.#spend);
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

interface Pattern {
  readonly negated: boolean;
  /** Literal text that the path must begin and end with: most tests end here. */
  readonly head: string;
  readonly tail: string;
  readonly tokens: readonly Token[];
}

/** A literal character, a set of characters, or a wildcard. */
type Token = string | ((char: string) => boolean) | typeof star | typeof folders | typeof anything;
const star = 1; // *: any characters but a slash
const folders = 2; // **/: nothing, or anything that ends in a slash
const anything = 3; // ** at the end

function parse(text: string, file: string): Pattern[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const patterns = lines.map((line, index) => parseLine(line, `${file} line ${index + 1}`));
  const used = patterns.filter((pattern) => pattern !== undefined);
  if (used.length > maxPatterns) {
    throw new GitkubeError('ContextTooLarge', `${file} has more than ${maxPatterns} patterns`);
  }
  return used;
}

function parseLine(line: string, where: string): Pattern | undefined {
  if (line.startsWith('#')) return undefined;
  const trimmed = line.trim();
  const negated = trimmed.startsWith('!');
  const written = negated ? trimmed.slice(1).trim() : trimmed;
  if (written === '') {
    if (negated) throw badPattern(where, line);
    return undefined;
  }
  const clean = posix
    .normalize(written)
    .replace(/(?<=.)\/+$/, '')
    .replace(/^\/(?=.)/, '');
  const tokens = tokenize(clean, () => badPattern(where, line));
  return { negated, head: literal(tokens), tail: literal(tokens.toReversed(), true), tokens };
}

function badPattern(where: string, line: string): GitkubeError {
  return new GitkubeError('BuildFailed', `${where} is no pattern: ${line}`, {
    hint: 'see https://docs.docker.com/build/concepts/context/#dockerignore-files',
  });
}

function tokenize(pattern: string, bad: () => GitkubeError): Token[] {
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*' && chars[at + 1] === '*') {
      at += chars[at + 2] === '/' ? 2 : 1;
      tokens.push(at + 1 === chars.length ? anything : folders);
    } else if (char === '*') tokens.push(star);
    else if (char === '?') tokens.push((c) => c !== '/');
    else if (char === '[') {
      const end = classEnd(chars, at);
      const matches = characterClass(chars.slice(at + 1, end).join(''));
      if (end === -1 || matches === undefined) throw bad();
      tokens.push(matches);
      at = end;
    } else if (char === '\\') {
      const next = chars[++at];
      if (next === undefined) throw bad();
      tokens.push(next);
    } else tokens.push(char);
  }
  return tokens;
}

function classEnd(chars: readonly string[], start: number): number {
  for (let at = start + 1; at < chars.length; at++) {
    if (chars[at] === '\\') at++;
    else if (chars[at] === ']') return at;
  }
  return -1;
}

/** `[a-z]`, `[^a-z]`; undefined when it is no class. */
function characterClass(body: string): ((char: string) => boolean) | undefined {
  const negated = body.startsWith('^');
  const chars = [...(negated ? body.slice(1) : body).matchAll(/\\?(.)/gsu)].map((match) => ({
    char: match[1] ?? '',
    dash: match[0] === '-',
  }));
  const ranges: [string, string][] = [];
  for (let at = 0; at < chars.length; at++) {
    const low = chars[at]?.char ?? '';
    const high = chars[at + 1]?.dash ? chars[at + 2]?.char : low;
    if (chars[at]?.dash || high === undefined || high < low) return undefined;
    if (chars[at + 1]?.dash && chars[at + 2]?.dash) return undefined;
    if (chars[at + 1]?.dash) at += 2;
    ranges.push([low, high]);
  }
  if (ranges.length === 0) return undefined;
  return (char) => ranges.some(([low, high]) => low <= char && char <= high) !== negated;
}

function literal(tokens: readonly Token[], backwards = false): string {
  const end = tokens.findIndex((token) => typeof token !== 'string');
  const text = tokens.slice(0, end === -1 ? undefined : end) as string[];
  return (backwards ? text.reverse() : text).join('');
}

/**
 * Follows all positions in the pattern that are reachable after each character, so a path takes at most pattern times
 * path steps, and mostly a few for each character.
 * @param spend told how many steps were taken.
 */
function matchTokens(tokens: readonly Token[], path: string, spend: (steps: number) => void): boolean {
  let now = new Positions(tokens);
  let next = new Positions(tokens);
  now.reach(0);
  for (const char of path) {
    next.clear();
    for (const position of now.list) next.step(position, char);
    spend(now.list.length);
    [now, next] = [next, now];
    if (now.list.length === 0) return false;
  }
  return now.has(tokens.length);
}

/** Positions in a pattern: before token n is n, in the middle of what a `**` takes is n + the pattern's length + 1. */
class Positions {
  readonly list: number[] = [];
  readonly #marks: Uint8Array;
  readonly #tokens: readonly Token[];
  readonly #inside: number;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#inside = tokens.length + 1;
    this.#marks = new Uint8Array(2 * this.#inside);
  }

  has(position: number): boolean {
    return this.#marks[position] === 1;
  }

  clear(): void {
    for (const position of this.list) this.#marks[position] = 0;
    this.list.length = 0;
  }

  /** Adds a position, and those behind wildcards that take nothing. */
  reach(start: number): void {
    for (let at = start; !this.has(at); at++) {
      this.#add(at);
      const token = this.#tokens[at];
      if (token !== star && token !== folders && token !== anything) return;
    }
  }

  /** Adds where `char` leads to from `position`. */
  step(position: number, char: string): void {
    const at = position >= this.#inside ? position - this.#inside : position;
    const token = this.#tokens[at];
    if (token === folders) {
      // Every character is taken; only after a slash may the pattern go on.
      if (char === '/') this.reach(at + 1);
      this.#add(at + this.#inside);
    } else if (token === anything || (token === star && char !== '/')) this.reach(at);
    else if (token === char || (typeof token === 'function' && token(char))) this.reach(at + 1);
  }

  #add(position: number): void {
    if (this.has(position)) return;
    this.#marks[position] = 1;
    this.list.push(position);
  }
}
