import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ReleaseRecord } from '../git/release.ts';

/**
 * What a deploy under way is about to change, on disk before the first workload is patched. After a crash it tells what
 * to put back; while it is absent nothing is half done.
 */
export const JournalEntry = z.object({
  push: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** Where the branch was. */
  current: z.string().optional(),
  snapshots: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      images: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string().nullable()),
      wasReady: z.boolean(),
    }),
  ),
  /** What this deploy writes on the workloads. */
  mark: z.object({ commit: z.string(), release: z.number(), pushedBy: z.string(), cause: z.string() }),
  /** By workload: the images that this deploy sets. */
  expected: z.record(z.string(), z.record(z.string(), z.string())),
  /** Once the rollout has succeeded and only the refs are missing. */
  record: ReleaseRecord.optional(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

const NAME = 'gitkube-deploying.json';

/** Synced to disk, file and folder, when it resolves. */
export async function writeJournal(repository: string, entry: JournalEntry): Promise<void> {
  const path = join(repository, NAME);
  await syncedWrite(`${path}.new`, JSON.stringify(entry));
  await rename(`${path}.new`, path);
  const folder = await open(repository, 'r');
  await folder.sync().finally(() => folder.close());
}

export async function readJournal(repository: string): Promise<JournalEntry | undefined> {
  const text = await readFile(join(repository, NAME), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JournalEntry.parse(JSON.parse(text));
}

export async function clearJournal(repository: string): Promise<void> {
  await rm(join(repository, NAME), { force: true });
}

async function syncedWrite(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
