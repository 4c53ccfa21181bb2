import type { Cuts } from '../../base/lines.ts';
import { plain } from '../../base/text.ts';

/** Values of secrets, by the name that the Dockerfile has for each. */
export type SecretValues = ReadonlyMap<string, Buffer>;

/** What is shorter would hide half of the output, and protect nothing: of a value of one line, and of what is part of a value. */
const leastValue = 4;
const leastPart = 8;
/** The longest ones; a certificate has 30 lines. */
const mostTexts = 200;
/** A longer one is looked for in pieces. */
const longestText = 4096;
/** So many first characters are searched for, and what follows is compared. Text that begins like that is from the value. */
const beginning = 32;

/**
 * Hides the values of secrets in what a build prints: each line of one, and what such a line has behind `=`, `:`, quotes and
 * blanks. It is against accidents: a step that prints a value in another form, as base64, is not seen.
 */
export class Mask implements Cuts {
  readonly ahead: number;
  readonly #least: number;
  readonly #search: RegExp;
  /** By their beginning. */
  readonly #texts: ReadonlyMap<string, readonly string[]>;

  constructor(texts: readonly string[]) {
    this.ahead = Math.max(...texts.map(({ length }) => length));
    this.#texts = Map.groupBy(texts, beginningOf);
    // One may be the beginning of another.
    const beginnings = [...this.#texts.keys()].sort((a, b) => b.length - a.length);
    this.#least = beginnings.at(-1)?.length ?? 0;
    this.#search = new RegExp(beginnings.map(escaped).join('|'), 'g');
  }

  /** The text without terminal escapes, as they could be inside of a value. */
  hide(text: string): string {
    const clean = plain(text, Number.POSITIVE_INFINITY);
    let hidden = '';
    let from = 0;
    for (const { at, end } of this.#found(clean, 0)) {
      // What follows at once is the next piece of a long value.
      hidden += from === at && from > 0 ? '' : `${clean.slice(from, at)}***`;
      from = end;
    }
    return hidden + clean.slice(from);
  }

  /** Not inside of a value. */
  after(text: string, wanted: number): number {
    for (const { at, end } of this.#found(text, Math.max(0, wanted - this.ahead))) {
      if (at >= wanted) break;
      if (end > wanted) return end;
    }
    return wanted;
  }

  *#found(text: string, from: number): Generator<{ readonly at: number; readonly end: number }> {
    if (text.length - from < this.#least) return;
    this.#search.lastIndex = from;
    for (let match = this.#search.exec(text); match; match = this.#search.exec(text)) {
      const { index: at } = match;
      let length = match[0].length;
      for (const value of this.#texts.get(match[0]) ?? []) length = lengthOfSame(text, at, value, length);
      const end = at + length;
      yield { at, end };
      this.#search.lastIndex = end;
    }
  }
}

/** @returns undefined: there is nothing to hide */
export function maskOf(secrets: SecretValues | undefined): Mask | undefined {
  const texts = [...(secrets?.values() ?? [])].flatMap((value) => textsOf(value.toString('utf8')));
  const longest = [...new Set(texts)].sort((a, b) => b.length - a.length).slice(0, mostTexts);
  return longest.length > 0 ? new Mask(longest) : undefined;
}

function textsOf(value: string): string[] {
  const lines = value
    .split(/[\r\n]+/)
    .map((line) => plain(line, Number.POSITIVE_INFINITY).trim())
    .filter((line) => line !== '');
  const least = lines.length > 1 ? leastPart : leastValue;
  return lines.flatMap((line) => [...pieces(line).filter(({ length }) => length >= least), ...partsOf(line)]);
}

/** `npm_abc` of `//registry.example.com/:_authToken=npm_abc`: not what is a name itself, before `=` or `":`. */
function partsOf(line: string): string[] {
  const behind = /(?<=[=:\s"'])[^=:\s"']{8,}={0,2}(?![^=:\s"']|=|["']\s*:)/g;
  return [...line.matchAll(behind)].flatMap(([part]) => pieces(part)).filter(({ length }) => length >= leastPart);
}

function pieces(text: string): string[] {
  const count = Math.ceil(text.length / longestText);
  return Array.from({ length: count }, (_, at) => text.slice(at * longestText, (at + 1) * longestText));
}

function beginningOf(text: string): string {
  return text.slice(0, beginning);
}

/** How many characters of the value are there, where that is more than are known. */
function lengthOfSame(text: string, at: number, value: string, known: number): number {
  // Many values may begin alike: those that cannot be longer are not compared.
  if (value.length <= known || value[known] !== text[at + known]) return known;
  let [least, most] = [0, Math.min(value.length, text.length - at)];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (text.slice(at, at + middle) === value.slice(0, middle)) least = middle;
    else most = middle - 1;
  }
  return Math.max(least, known);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
