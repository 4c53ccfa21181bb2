import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from '../git/missing.ts';

/** Which release nobody is to watch any more: somebody has cancelled that, also for the next start of the server. */
const NAME = 'gitkube-unwatched';

export async function noteUnwatched(folder: string, release: number): Promise<void> {
  await writeFile(join(folder, NAME), `${release}\n`, { mode: 0o600 });
}

export async function isUnwatched(folder: string, release: number): Promise<boolean> {
  return (await readFile(join(folder, NAME), 'utf8').catch(ifMissing(''))).trim() === `${release}`;
}
