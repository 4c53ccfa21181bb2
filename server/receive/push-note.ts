import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** A push that has its turn: the next start reports it when the end of the server cut it off. */
const PushNote = z.object({
  id: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** The name of the key. */
  by: z.string(),
  /** The number of the release that it is to become. */
  release: z.number().int(),
});
export type PushNote = z.infer<typeof PushNote>;

const NAME = 'gitkube-push.json';

export async function notePush(repository: string, push: PushNote): Promise<void> {
  await writeFile(join(repository, NAME), JSON.stringify(push), { mode: 0o600 });
}

/** Undefined: none was under way. One that the end of the server cut off while it was written counts as none. */
export async function readPushNote(repository: string): Promise<PushNote | undefined> {
  const text = await readFile(join(repository, NAME), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return PushNote.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function clearPushNote(repository: string): Promise<void> {
  await rm(join(repository, NAME), { force: true });
}
