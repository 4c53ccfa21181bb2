import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Resolves when the content is on the disk by this name: written beside its place, synced, and moved there. A crash leaves
 * what was there before, or this, and perhaps a draft `<path>.new`.
 */
export async function writeSynced(path: string, content: string): Promise<void> {
  const draft = `${path}.new`;
  try {
    await writeDraft(draft, content);
    await rename(draft, path);
  } catch (error) {
    // On a full disk every byte counts.
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** What is renamed, made or deleted in a folder is on the disk when it resolves. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

async function writeDraft(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
