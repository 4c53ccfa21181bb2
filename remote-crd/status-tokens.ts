import type { StatusFacts } from './status-facts.ts';
import type { TokenStatus } from './status-schema.ts';

const shownTokens = 100;

/** With one more use, which takes the place of an earlier one of the same token. */
export function withUse(known: readonly TokenStatus[] = [], use: TokenStatus): readonly TokenStatus[] {
  return [use, ...known.filter(({ id }) => id !== use.id)];
}

/** The tokens that were used last, the latest first, without those that were removed since. */
export function tokensIn(
  before: readonly TokenStatus[] = [],
  { tokens = [], keptTokens }: Pick<StatusFacts, 'tokens' | 'keptTokens'>,
): TokenStatus[] {
  const all = tokens.reduce(withUse, before).filter(({ id }) => keptTokens?.includes(id) ?? true);
  const latestFirst = all.toSorted((a, b) => compare(b.lastUsed, a.lastUsed) || compare(a.id, b.id));
  return latestFirst.slice(0, shownTokens);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
