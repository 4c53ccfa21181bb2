import { z } from 'zod';
import { ReleaseRecord } from '../git/release.ts';
import type { JournalEntry } from './journal.ts';

/** The journal of versions that knew two kinds of change, each with fields of its own. */
const OldJournal = z.object({
  push: z.string(),
  branch: z.string(),
  commit: z.string(),
  current: z.string().optional(),
  /** Absent, in the oldest ones: it makes a release where the branch moves. */
  makesRelease: z.boolean().optional(),
  snapshots: z.array(z.unknown()),
  before: z.array(z.unknown()).optional(),
  manifests: z.unknown().optional(),
  mark: z.object({ commit: z.string(), release: z.number(), pushedBy: z.string(), cause: z.string() }),
  expected: z.unknown(),
  record: ReleaseRecord.optional(),
});

export function isOldJournal(found: unknown): boolean {
  return typeof found === 'object' && found !== null && 'snapshots' in found;
}

/** @throws ZodError */
export function upgradeJournal(found: unknown): JournalEntry {
  const old = OldJournal.parse(found);
  const { push: id, branch, commit, current, mark, record, manifests, before, snapshots, expected } = old;
  const applied = manifests ? [{ step: 'apply-manifests', data: { manifests, before: before ?? [] } }] : [];
  return {
    id,
    branch,
    commit,
    ...(current !== undefined && { current }),
    makesRelease: old.makesRelease ?? current !== commit,
    mark,
    ...(record && { record }),
    steps: [...applied, { step: 'roll-out-workloads', data: { snapshots, expected } }],
  };
}
