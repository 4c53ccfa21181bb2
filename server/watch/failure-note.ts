import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { catalog, GitkubeError, type Reason } from '../../base/errors.ts';
import { ifMissing } from '../git/missing.ts';
import { writeSynced } from '../synced-file.ts';

/** That a release does not run on, and its return is not settled: the next start returns, however late that is. */
const NAME = 'gitkube-failed-release.json';

const FailureNote = z.object({
  release: z.number().int(),
  reason: z.string().refine((reason): reason is Reason => reason in catalog),
  message: z.string(),
  evidence: z.array(z.string()),
});

/** A server that is killed leaves the note of before, or this one. */
export async function noteFailure(folder: string, release: number, error: GitkubeError): Promise<void> {
  const { reason, message, evidence } = error;
  await writeSynced(join(folder, NAME), JSON.stringify({ release, reason, message, evidence }));
}

/** @returns undefined: nothing is known of this release; what nobody can read counts as that */
export async function readFailure(folder: string, release: number): Promise<GitkubeError | undefined> {
  const text = await readFile(join(folder, NAME), 'utf8').catch(ifMissing('null'));
  try {
    const note = FailureNote.parse(JSON.parse(text));
    const { reason, message, evidence } = note;
    return note.release === release ? new GitkubeError(reason, message, { evidence }) : undefined;
  } catch {
    return undefined;
  }
}

export async function clearFailure(folder: string): Promise<void> {
  await rm(join(folder, NAME), { force: true });
}
