import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ByteString } from '../../base/byte-string.ts';

/** Deeper than the templates of dependencies in archives, which nobody looks into. */
const leastDepth = 30;
/** Where a folder of templates would be there is a file, or a symlink to nothing: there are no templates. */
const noFolderCodes = new Set(['EEXIST', 'ENOENT', 'ENOTDIR']);

/**
 * Has all templates of a chart know the number of its release, for which `helm template` has no flag and always says 1.
 * helm renders the template in the deepest folder first, and all of them, those of dependencies and what `tpl` renders,
 * share one `.Release`: the template that is added here sets the number before any other one reads it.
 * @param folder of the chart, which is its own copy
 * @param files of the chart
 */
export async function setRevision(folder: string, files: readonly ByteString[], revision: number): Promise<void> {
  const path = join(folder, deepestTemplate(files));
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `{{- $_ := set .Release "Revision" ${revision} -}}\n`);
  } catch (error) {
    if (!noFolderCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

export function deepestTemplate(files: readonly ByteString[]): string {
  const depth = Math.max(leastDepth, ...files.map((name) => name.split('/').length));
  return `templates/${'r/'.repeat(depth)}revision.yaml`;
}
