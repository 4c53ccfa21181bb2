import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifMissing } from '../git/missing.ts';

const NAME = 'gitkube-warned.json';
/** By workload: the warnings that were printed last. */
const Warned = z.record(z.string(), z.string());
export type Warned = z.infer<typeof Warned>;

/** What pushers have read of the workloads of an environment; what nobody can read counts as nothing. */
export async function readWarned(folder: string): Promise<Warned> {
  const text = await readFile(join(folder, NAME), 'utf8').catch(ifMissing('{}'));
  try {
    return Warned.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** One that is cut off counts as nothing: then they are printed once more. */
export async function writeWarned(folder: string, warned: Warned): Promise<void> {
  await writeFile(join(folder, NAME), JSON.stringify(warned), { mode: 0o600 });
}
