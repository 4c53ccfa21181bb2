import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../support/random.ts';
import { readCorpus } from './corpus.ts';
import { mutate } from './mutate.ts';
import { parsers } from './parsers.ts';

describe.each(parsers)('the parser of $name', (parser) => {
  it('keeps its promise for everything that was found to be special', async () => {
    const kept = readCorpus(parser);
    expect(kept.length).toBeGreaterThan(0);
    for (const input of kept) await parser.check(input);
  });

  it('keeps its promise for any bytes, and for what is nearly right', async () => {
    const nearly = fc.tuple(fc.constantFrom(...parser.seeds), fc.integer()).map(([seed, number]) => {
      return mutate(Buffer.from(seed as string), new Random(number));
    });
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(nearly, any), async (input) => parser.check(input)),
      { numRuns: 300 },
    );
  });
});
