/** `npm run fuzz:parsers [-- --tries 5000 --seed N]`: looks for input that a parser breaks at, led by coverage; keeps the corpus. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Random } from '../support/random.ts';
import { readCorpus, writeCorpus } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { BrokenParser, guided } from './guided.ts';

const { values, positionals } = parseArgs({
  options: { tries: { type: 'string' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const tries = Number(values.tries ?? 5000);
const seed = Number(values.seed ?? randomInt(2 ** 31));
console.log(`seed ${seed}`);

// V8 counts the blocks of what it compiles while somebody wants to know, so the parsers are loaded afterwards.
using coverage = new Coverage();
const { parsers } = await import('./parsers.ts');

for (const parser of parsers.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  try {
    const { corpus, paths } = await guided(parser, coverage, tries, new Random(seed));
    await writeCorpus(parser, corpus);
    console.log(`${parser.name}: ${paths} paths, ${corpus.length} inputs kept`);
  } catch (error) {
    if (!(error instanceof BrokenParser)) throw error;
    console.log(error.message);
    await writeCorpus(parser, [...readCorpus(parser), error.input]);
    process.exitCode = 1;
  }
}
