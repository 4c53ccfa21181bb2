import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from '../../git/missing.ts';
import { syncFolder } from '../../synced-file.ts';
import { type Fact, type Facts, readFacts } from './facts.ts';

/**
 * Where the records of an environment lie in its repository (../../git/series.ts), so that they go with it: `gitkube-deploys/<number>-<id>/`, a folder each, with the
 * file `facts` and the output beside it (output-file.ts). The number orders them, whatever the clocks say.
 */
const FOLDER = 'gitkube-deploys';
const NAME = /^(\d+)-(\w+)$/;
const FACTS = 'facts';

export interface RecordFolder {
  readonly number: number;
  /** Of the deploy. */
  readonly id: string;
  readonly path: string;
}

/** On the disk when it resolves, with what was asked for. */
export async function makeRecordFolder(repository: string, id: string, begin: Fact): Promise<string> {
  const all = join(repository, FOLDER);
  // Not with its parents: the repository may be in the trash by now.
  await mkdir(all, { mode: 0o700 }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const last = (await recordFolders(repository)).at(-1)?.number ?? 0;
  const path = join(all, `${last + 1}-${id}`);
  await mkdir(path, { mode: 0o700 });
  await addFact(path, begin, 'synced');
  await syncFolder(path);
  await syncFolder(all);
  return path;
}

/** The oldest first. */
export async function recordFolders(repository: string): Promise<RecordFolder[]> {
  const names = await readdir(join(repository, FOLDER)).catch(ifMissing([]));
  return names
    .flatMap((name) => {
      const [, number, id = ''] = NAME.exec(name) ?? [];
      return number === undefined ? [] : [{ number: Number(number), id, path: join(repository, FOLDER, name) }];
    })
    .sort((one, other) => one.number - other.number);
}

export async function addFact(path: string, fact: Fact, synced?: 'synced'): Promise<void> {
  const file = await open(join(path, FACTS), 'a', 0o600);
  try {
    // What was cut off before ends here.
    const { size } = await file.stat();
    await file.appendFile(`${size > 0 ? '\n' : ''}${JSON.stringify(fact)}`);
    if (synced) await file.sync();
  } finally {
    await file.close();
  }
}

/** @returns undefined when it is gone, or its beginning was cut off */
export async function factsIn({ path }: Pick<RecordFolder, 'path'>): Promise<Facts | undefined> {
  return readFacts(await readFile(join(path, FACTS), 'utf8').catch(ifMissing('')));
}

export interface RecordBounds {
  /** Of one repository. */
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/**
 * Deletes the oldest records until the others are within the bounds.
 * @param isLive those that are being written stay
 */
export async function deleteOldRecords(
  repository: string,
  { maxRecords, maxBytes }: RecordBounds,
  isLive: (id: string) => boolean,
): Promise<void> {
  let records = 0;
  let bytes = 0;
  for (const folder of (await recordFolders(repository)).reverse()) {
    records += 1;
    bytes += (await measure(folder)).bytes;
    const isTooMuch = records > maxRecords || bytes > maxBytes;
    if (isTooMuch && !isLive(folder.id)) await rm(folder.path, { recursive: true, force: true });
  }
}

/**
 * Deletes records in which nothing was written for so long, but not the newest ones: of a Remote that is deployed twice a
 * year the last output is still there, and where somebody set the clock too far.
 */
export async function expireRecords(
  repository: string,
  { maxAgeMs, keep }: { readonly maxAgeMs: number; readonly keep: number },
  now: number,
): Promise<void> {
  const folders = await recordFolders(repository);
  for (const folder of folders.slice(0, Math.max(0, folders.length - keep))) {
    const { writtenAt } = await measure(folder);
    if (now - writtenAt > maxAgeMs) await rm(folder.path, { recursive: true, force: true });
  }
}

async function measure({ path }: RecordFolder): Promise<{ bytes: number; writtenAt: number }> {
  const names = await readdir(path).catch(ifMissing([]));
  const files = await Promise.all(names.map((name) => stat(join(path, name)).catch(ifMissing(undefined))));
  const found = files.filter((file) => file !== undefined);
  return {
    bytes: found.reduce((sum, { size }) => sum + size, 0),
    writtenAt: Math.max(0, ...found.map(({ mtimeMs }) => mtimeMs)),
  };
}
