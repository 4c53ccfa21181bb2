import type { Random } from '../support/random.ts';
import { readCorpus } from './corpus.ts';
import type { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import type { Parser } from './parsers.ts';

export interface Guided {
  /** The smallest found that together reach all that was reached. */
  readonly corpus: readonly Buffer[];
  readonly paths: number;
}

export class BrokenParser extends Error {
  readonly input: Buffer;

  constructor({ name }: Parser, input: Buffer, cause: unknown) {
    super(`${name} breaks its promise for ${JSON.stringify(input.toString('latin1'))}: ${cause}`, { cause });
    this.input = input;
  }
}

/**
 * Changes what led somewhere new until nothing new is found, as AFL and libFuzzer do, in so many tries. @throws BrokenParser
 */
export async function guided(parser: Parser, coverage: Coverage, tries: number, random: Random): Promise<Guided> {
  const seen = new Set<string>();
  const corpus: Buffer[] = [];
  const attempt = async (input: Buffer) => {
    coverage.take();
    await checked(parser, input);
    const fresh = coverage.take().filter((path) => !seen.has(path));
    for (const path of fresh) seen.add(path);
    if (fresh.length > 0) corpus.push(input);
  };
  const known = [...parser.seeds.map((seed) => Buffer.from(seed as string)), ...readCorpus(parser)];
  for (const input of known.sort((a, b) => a.length - b.length)) await attempt(input);
  for (let left = tries; left > 0; left--) {
    // What was found last leads further more often than what everything began with.
    const from = random.below(2) === 0 ? corpus.slice(-4) : corpus;
    const input = mutate(random.pick(from), random);
    if (input.length <= 4096) await attempt(input);
  }
  return { corpus, paths: seen.size };
}

async function checked(parser: Parser, input: Buffer): Promise<void> {
  try {
    await parser.check(input);
  } catch (cause) {
    throw new BrokenParser(parser, input, cause);
  }
}
