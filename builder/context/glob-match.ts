import { type GlobToken, matches } from './glob-syntax.ts';

/** Text that a path must begin and end with: most tests end here. */
export function literalEnds(tokens: readonly GlobToken[]): { readonly head: string; readonly tail: string } {
  return { head: literal(tokens), tail: literal(tokens.toReversed(), true) };
}

function literal(tokens: readonly GlobToken[], backwards = false): string {
  let text = '';
  for (const token of tokens) {
    if (token.kind !== 'char' || typeof token.is !== 'string') break;
    text = backwards ? token.is + text : text + token.is;
  }
  return text;
}

/**
 * Follows all positions in the pattern that are reachable after each character, so a path takes at most pattern times
 * path steps, and mostly a few for each character.
 * @param spend is called with the steps that were taken
 */
export function matchTokens(tokens: readonly GlobToken[], path: string, spend: (steps: number) => void): boolean {
  let now = new Positions(tokens);
  let next = new Positions(tokens);
  now.reach(0, true);
  spend(tokens.length >> 5);
  for (const char of path) {
    next.clear();
    for (const position of now.list) next.step(position, char);
    spend(now.list.length);
    [now, next] = [next, now];
    if (now.list.length === 0) return false;
  }
  return now.has(tokens.length);
}

/** Positions in a pattern: before token n is n, in the middle of what `folders` takes is n + the pattern's length + 1. */
class Positions {
  readonly list: number[] = [];
  readonly #marks: Uint8Array;
  readonly #tokens: readonly GlobToken[];
  readonly #inside: number;

  constructor(tokens: readonly GlobToken[]) {
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

  /** Adds a position, and those behind tokens that take nothing. */
  reach(from: number, atStart = false): void {
    for (let at = from; !this.has(at); at++) {
      this.#add(at);
      const kind = this.#tokens[at]?.kind;
      const takesNothing = kind === 'chars' || kind === 'folders' || (kind === 'start' && atStart);
      if (!takesNothing) return;
    }
  }

  /** Adds where `char` leads to from `position`. */
  step(position: number, char: string): void {
    const at = position >= this.#inside ? position - this.#inside : position;
    const token = this.#tokens[at];
    if (token?.kind === 'folders') {
      if (char === '\n') return;
      // Only after a slash may the pattern go on.
      if (char === '/') this.reach(at + 1);
      this.#add(at + this.#inside);
    } else if (token?.kind === 'chars' && matches(token.is, char)) this.reach(at);
    else if (token?.kind === 'char' && matches(token.is, char)) this.reach(at + 1);
  }

  #add(position: number): void {
    if (this.has(position)) return;
    this.#marks[position] = 1;
    this.list.push(position);
  }
}
