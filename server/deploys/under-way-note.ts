import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { catalog, GitkubeError, type Reason } from '../../base/errors.ts';
import { ifMissing } from '../git/missing.ts';
import type { DeployOutcome } from './events.ts';

/** The outcome of a push whose status is not written yet. A release is in its tag. */
const Ended = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['built', 'checked', 'unchanged']) }),
  z.object({ kind: z.literal('ran'), task: z.string() }),
  z.object({ kind: z.literal('failed'), reason: z.string(), message: z.string() }),
]);

/** A push that has its turn, or waits for it: the next start reports it when the server ended during it. */
const PushNote = z.object({
  id: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** The name of the key. */
  by: z.string(),
  /** The number of the release that it is to become; absent: its turn had not come. */
  release: z.number().int().optional(),
  waits: z.boolean().optional(),
  /** Absent: it was under way. */
  ended: Ended.optional(),
});
export type PushNote = z.infer<typeof PushNote>;

const NAME = /^gitkube-push-\w+\.json$/;
const DRAFT = /^gitkube-push-\w+\.json\.new$/;
/** Of versions that knew one push at a time. */
const OLD_NAME = 'gitkube-push.json';

/** A server that is killed leaves the note of before, or this one, and perhaps a draft of it. */
export async function notePush(folder: string, push: PushNote): Promise<void> {
  const path = pathOf(folder, push);
  try {
    await writeFile(`${path}.new`, JSON.stringify(push), { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    await rm(`${path}.new`, { force: true }).catch(() => {});
    throw error;
  }
}

/** Those of all pushes of an environment, the last one at the end; what nobody can read is deleted. Call it while no push writes. */
export async function readPushNotes(folder: string): Promise<PushNote[]> {
  await adoptOldNote(folder);
  const names = await readdir(folder);
  for (const draft of names.filter((name) => DRAFT.test(name))) await rm(join(folder, draft), { force: true });
  const notes = await Promise.all(names.filter((name) => NAME.test(name)).map((name) => readNote(join(folder, name))));
  return notes
    .flatMap((note) => note ?? [])
    .sort((one, other) => one.writtenAt - other.writtenAt)
    .map(({ note }) => note);
}

export async function clearPushNote(folder: string, push: Pick<PushNote, 'id'>): Promise<void> {
  await rm(pathOf(folder, push), { force: true });
}

/** What the note keeps of an outcome; undefined: of a release, which its tag has. */
export function endedAs(outcome: DeployOutcome): PushNote['ended'] {
  if (outcome.kind === 'released') return undefined;
  if (outcome.kind !== 'failed') return outcome;
  return { kind: 'failed', reason: outcome.error.reason, message: outcome.error.message };
}

/** @param later what has become of it since */
export function outcomeOfEnded(ended: NonNullable<PushNote['ended']>, later = ''): DeployOutcome {
  if (ended.kind !== 'failed') return ended;
  const reason = Object.hasOwn(catalog, ended.reason) ? (ended.reason as Reason) : 'Internal';
  return { kind: 'failed', error: new GitkubeError(reason, `${ended.message}${later}`) };
}

async function readNote(path: string) {
  const text = await readFile(path, 'utf8').catch(ifMissing(''));
  const note = parse(text);
  if (!note) return void (await rm(path, { force: true }));
  const writtenAt = await stat(path).then(({ mtimeMs }) => mtimeMs, ifMissing(0));
  return { note, writtenAt };
}

async function adoptOldNote(folder: string): Promise<void> {
  const path = join(folder, OLD_NAME);
  const note = parse(await readFile(path, 'utf8').catch(ifMissing('')));
  if (note) await rename(path, pathOf(folder, note));
}

function pathOf(folder: string, { id }: Pick<PushNote, 'id'>): string {
  return join(folder, `gitkube-push-${id}.json`);
}

function parse(text: string): PushNote | undefined {
  try {
    return PushNote.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
