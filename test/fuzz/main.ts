/** `npm run fuzz [-- --count 10000 --seed N]`: sends so many mutated packets and bodies per protocol to a real server. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { setup } from '../support/global-setup.ts';
import { type Found, mayKeep, runFuzzers } from './run.ts';

const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
const count = Number(values.count ?? 10_000);
const seed = Number(values.seed ?? randomInt(2 ** 31));
console.log(`seed ${seed}`);

const end = await setup();
try {
  await runFuzzers(count, seed, report);
  console.log('the process lives, has no child left, and takes a push');
} finally {
  await end?.();
}

function report({ name, sent, before, after }: Found): void {
  const tooMuch = after - before > mayKeep;
  console.log(`${name}: ${sent} sent, ${before} MB in use before, ${after} MB after${tooMuch ? ': TOO MUCH' : ''}`);
  if (tooMuch) process.exitCode = 1;
}
