import { dirname, join } from 'node:path';
import { syncFolder } from '../synced-file.ts';
import { ifMissing } from './missing.ts';

/**
 * Resolves when refs that git has just written are on the disk by their names: git syncs the content of a ref and not the
 * folder in which it is renamed, so a power cut could undo the rename.
 * @param refs full names
 */
export async function syncRefs(repository: string, refs: readonly string[]): Promise<void> {
  const folders = new Set(refs.flatMap(foldersOf));
  // git deletes a folder without refs; then the one above it is synced.
  const syncs = [...folders].map((folder) => syncFolder(join(repository, folder)).catch(ifMissing(undefined)));
  await Promise.all(syncs);
}

/** Those of `refs/heads/a/b`: `refs/heads/a`, `refs/heads`, `refs`. Any of them may be new. */
function foldersOf(ref: string): string[] {
  const folder = dirname(ref);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}
