import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifMissing } from '../git/missing.ts';

/** A push that has its turn, or waits for it: the next start reports it when the end of the server cut it off. */
const PushNote = z.object({
  id: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** The name of the key. */
  by: z.string(),
  /** The number of the release that it is to become; absent: its turn had not come. */
  release: z.number().int().optional(),
  waits: z.boolean().optional(),
});
export type PushNote = z.infer<typeof PushNote>;

const NAME = /^gitkube-push-\w+\.json$/;

export async function notePush(repository: string, push: PushNote): Promise<void> {
  await writeFile(pathOf(repository, push), JSON.stringify(push), { mode: 0o600 });
}

/** Those of all pushes of a repository. One that the end of the server cut off while it was written is none. */
export async function readPushNotes(repository: string): Promise<PushNote[]> {
  const names = (await readdir(repository)).filter((name) => NAME.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(repository, name), 'utf8').catch(ifMissing(''))));
  return texts.flatMap((text) => parse(text) ?? []);
}

export async function clearPushNote(repository: string, push: Pick<PushNote, 'id'>): Promise<void> {
  await rm(pathOf(repository, push), { force: true });
}

function pathOf(repository: string, { id }: Pick<PushNote, 'id'>): string {
  return join(repository, `gitkube-push-${id}.json`);
}

function parse(text: string): PushNote | undefined {
  try {
    return PushNote.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
