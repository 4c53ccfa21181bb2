import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ManifestsJournal } from '../../applier/index.ts';
import { GitkubeError } from '../../base/errors.ts';
import { workloadKinds } from '../../kube/workload.ts';
import { ReleaseRecord } from '../git/release.ts';
import { syncFolder } from '../git/sync-refs.ts';

/**
 * What a deploy under way is about to change, on disk before the first workload is patched. After a crash it tells what
 * to put back; while it is absent nothing is half done.
 */
const WorkloadBefore = z.object({
  /** Deployments were the only kind before there was this field. */
  kind: z.enum(workloadKinds).default('Deployment'),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  images: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string().nullable()),
  wasReady: z.boolean(),
});

export const JournalEntry = z.object({
  push: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** Where the branch was. */
  current: z.string().optional(),
  /** False: a repair, which makes no release. Absent, in the journal of an older version: it is one where the branch moves. */
  makesRelease: z.boolean().optional(),
  snapshots: z.array(WorkloadBefore),
  /** Of workloads whose manifests are applied, as they were before that. */
  before: z.array(WorkloadBefore).optional(),
  /** Absent: the Remote applies none. */
  manifests: z.custom<ManifestsJournal>(isManifestsJournal).optional(),
  /** What this deploy writes on the workloads. */
  mark: z.object({ commit: z.string(), release: z.number(), pushedBy: z.string(), cause: z.string() }),
  /** By workload: the images that this deploy sets. */
  expected: z.record(z.string(), z.record(z.string(), z.string())),
  /** Once the rollout has succeeded and only the refs are missing. */
  record: ReleaseRecord.optional(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

const NAME = 'gitkube-deploying.json';

/** False: no ref is to move. */
export function makesRelease({ makesRelease, current, commit }: JournalEntry): boolean {
  return makesRelease ?? current !== commit;
}

/** Synced to disk, file and folder, when it resolves. */
export async function writeJournal(repository: string, entry: JournalEntry): Promise<void> {
  const path = join(repository, NAME);
  try {
    await syncedWrite(`${path}.new`, JSON.stringify(entry));
    await rename(`${path}.new`, path);
  } catch (error) {
    // On a full disk every byte counts.
    await rm(`${path}.new`, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(repository);
}

/** @throws JournalUnreadable: then nobody knows what to put back, and no push may deploy over it */
export async function readJournal(repository: string): Promise<JournalEntry | undefined> {
  try {
    return JournalEntry.parse(JSON.parse(await readFile(join(repository, NAME), 'utf8')));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GitkubeError('JournalUnreadable', 'the record of a rollout that was cut off cannot be read', {
      hint: `the operator looks at the workloads and removes ${NAME} from the repository of this Remote`,
      cause,
    });
  }
}

export async function clearJournal(repository: string): Promise<void> {
  // A crash in writeJournal leaves the other one.
  await Promise.all([NAME, `${NAME}.new`].map((name) => rm(join(repository, name), { force: true })));
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

/** Objects of the API are what they are: only what surrounds them is checked. */
function isManifestsJournal(value: unknown): boolean {
  const { as, snapshots, prune } = (value ?? {}) as Partial<ManifestsJournal>;
  return typeof as === 'string' && Array.isArray(snapshots) && Array.isArray(prune);
}
