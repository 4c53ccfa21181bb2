import { posix } from 'node:path';
import { GitkubeError } from '../base/errors.ts';

/**
 * `.dockerignore`, as moby/patternmatcher reads it (https://github.com/moby/patternmatcher): the last pattern that
 * matches a path, or a folder above it, decides.
 *
 * The patterns come from whoever pushes, so they never become a RegExp, which a few characters can keep busy for hours.
 * They are matched by stepping through all positions at once, within a budget of steps for each context.
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
    if (tokens.length === head.length) return path === head;
    this.#steps += tokens.length * path.length;
    if (this.#steps > maxSteps) {
      throw new GitkubeError('ContextTooLarge', 'the .dockerignore takes too long to match', {
        hint: 'use fewer wildcards, or name whole folders',
      });
    }
    return matchTokens(tokens, path);
  }
}

const maxSteps = 1e9;
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
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '*' && pattern[at + 1] === '*') {
      at += pattern[at + 2] === '/' ? 2 : 1;
      tokens.push(at + 1 === pattern.length ? anything : folders);
    } else if (char === '*') tokens.push(star);
    else if (char === '?') tokens.push((c) => c !== '/');
    else if (char === '[') {
      const end = classEnd(pattern, at);
      if (end === -1) throw bad();
      tokens.push(characterClass(pattern.slice(at + 1, end)) ?? fail(bad));
      at = end;
    } else if (char === '\\') {
      const next = pattern[++at];
      if (next === undefined) throw bad();
      tokens.push(next);
    } else tokens.push(char);
  }
  return tokens;
}

function fail(error: () => GitkubeError): never {
  throw error();
}

function classEnd(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === ']' && at > start + 1) return at;
  }
  return -1;
}

/** `[a-z]`, `[^a-z]`; undefined when it is no class. */
function characterClass(body: string): ((char: string) => boolean) | undefined {
  const negated = body.startsWith('^');
  const chars = [...(negated ? body.slice(1) : body).matchAll(/\\?(.)/gs)].map((match) => ({
    char: match[1] ?? '',
    dash: match[0] === '-',
  }));
  const ranges: [string, string][] = [];
  for (let at = 0; at < chars.length; at++) {
    const low = chars[at]?.char ?? '';
    const high = chars[at + 1]?.dash ? chars[at + 2]?.char : low;
    if (high === undefined || high < low) return undefined;
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

/** Which positions in the pattern are reachable after each character: time is pattern times path, never more. */
function matchTokens(tokens: readonly Token[], path: string): boolean {
  let now = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  reach(tokens, now, 0);
  for (const char of path) {
    next.fill(0);
    tokens.forEach((token, at) => {
      if (now[at] === 0) return;
      if (token === anything || (token === star && char !== '/')) reach(tokens, next, at);
      else if (token === folders) stepFolders(tokens, next, at, char);
      else if (token === char || (typeof token === 'function' && token(char))) reach(tokens, next, at + 1);
    });
    [now, next] = [next, now];
  }
  return now[tokens.length] === 1;
}

const inside = 2;

/** Inside `**` + `/` every character is taken; only after a slash may the pattern go on. */
function stepFolders(tokens: readonly Token[], next: Uint8Array, at: number, char: string): void {
  if (char === '/') reach(tokens, next, at + 1);
  if (next[at] === 0) next[at] = inside;
}

/** Marks a position, and those behind wildcards that take nothing. */
function reach(tokens: readonly Token[], positions: Uint8Array, start: number): void {
  for (let at = start; ; at++) {
    positions[at] = 1;
    const token = tokens[at];
    if (token !== star && token !== folders && token !== anything) return;
  }
}
