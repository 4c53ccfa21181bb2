import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Found, fuzzers, mayKeep, runFuzzers } from '../fuzz/run.ts';

it('mutated packets and bodies end their own connection at most: no memory and no process is left, and a push works', async () => {
  const seed = randomInt(2 ** 31);
  const found: Found[] = [];
  await runFuzzers(100, seed, (one) => found.push(one)).catch((cause) => {
    throw new Error(`seed ${seed}`, { cause });
  });
  expect(found.map(({ name }) => name)).toEqual(fuzzers.map(({ name }) => name));
  const leaks = found.filter(({ before, after }) => after - before > mayKeep);
  expect(leaks, `seed ${seed}`).toEqual([]);
});
