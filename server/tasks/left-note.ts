import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type MigrationLeft, migrationLefts } from '../../remote-crd/index.ts';
import { ifMissing } from '../git/missing.ts';
import { writeSynced } from '../synced-file.ts';

const NAME = 'gitkube-left.json';

/** What one migration has left that nobody has taken back. */
export interface LeftOver {
  /** Its name. */
  readonly task: string;
  readonly reason: MigrationLeft;
  readonly message: string;
  /** Id of the deploy that has left it. */
  readonly deploy: string;
  readonly commit: string;
  /** The release that ran then; 0: none. */
  readonly after: number;
}

const Left = z.object({
  task: z.string(),
  reason: z.enum(migrationLefts),
  message: z.string(),
  deploy: z.string(),
  commit: z.string(),
  after: z.number().int(),
});

/** What migrations of an environment have left, the newest last; what nobody can read counts as nothing. */
export async function readLeft(folder: string): Promise<readonly LeftOver[]> {
  const text = await readFile(join(folder, NAME), 'utf8').catch(ifMissing('[]'));
  try {
    // One that only a newer version knows does not hide the others.
    return z
      .array(z.unknown())
      .parse(JSON.parse(text))
      .flatMap((one) => Left.safeParse(one).data ?? []);
  } catch {
    return [];
  }
}

/** On the disk when it resolves: the journal that knows it, too, is deleted after it. */
export function writeLeft(folder: string, left: readonly LeftOver[]): Promise<void> {
  return writeSynced(join(folder, NAME), JSON.stringify(left));
}
