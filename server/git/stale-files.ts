import { readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from './missing.ts';

/**
 * git leaves `tmp_objdir-incoming-*` behind whenever receive-pack is killed (since 2.38.2 its signal handlers do not
 * clean up). They are looked for at once, before another receive-pack can begin: call it only while none runs.
 */
export async function sweepQuarantines(repository: string): Promise<void> {
  const objects = join(repository, 'objects');
  const stale = readdirSync(objects).filter((entry) => entry.startsWith('tmp_objdir-'));
  await Promise.all(stale.map((entry) => rm(join(objects, entry), { recursive: true, force: true })));
}

/**
 * A git that is killed while it writes a ref leaves a lock file, and no later one can write that ref: every push of the
 * branch would fail for ever. Call it only while no git of ours writes there: when the server has just started, or in the
 * turn of the Remote before its only receive-pack writes refs.
 */
export async function sweepLocks(repository: string): Promise<void> {
  const top = (await readdir(repository))
    .filter((entry) => entry.endsWith('.lock'))
    .map((entry) => join(repository, entry));
  // Of objects/info: git-gc writes what speeds up walks, and without it ends in an error.
  const locks = await Promise.all(['refs', 'objects/info'].map((folder) => locksIn(join(repository, folder))));
  await Promise.all([...top, ...locks.flat()].map((path) => rm(path, { force: true })));
}

/**
 * The same while the server lives, for the refs that only the holder of the Remote's turn writes. Tags of a push, and
 * what packs refs, may be written beside it by the git of another push.
 */
export async function sweepTurnLocks(repository: string): Promise<void> {
  const folders = ['refs/heads', 'refs/builds', 'refs/tags/releases'];
  const locks = await Promise.all(folders.map((folder) => locksIn(join(repository, folder))));
  const all = [join(repository, 'HEAD.lock'), ...locks.flat()];
  await Promise.all(all.map((path) => rm(path, { force: true })));
}

/**
 * A git that had no room, or was killed, leaves the object that it was writing (git-gc deletes it two weeks later). Call it
 * only while the turn of the Remote is held: pushes that are received write into their quarantines.
 */
export async function sweepObjects(repository: string): Promise<void> {
  const objects = join(repository, 'objects');
  const folders = (await readdir(objects)).filter((entry) => /^[0-9a-f]{2}$/.test(entry));
  const sweep = async (folder: string) => {
    const stale = (await readdir(folder).catch(ifMissing([]))).filter((entry) => entry.startsWith('tmp_obj_'));
    await Promise.all(stale.map((entry) => rm(join(folder, entry), { force: true })));
  };
  await Promise.all(folders.map((folder) => sweep(join(objects, folder))));
}

/** No ref can have such a name (git-check-ref-format(1)). */
async function locksIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(ifMissing([]));
  return entries.filter((entry) => entry.endsWith('.lock')).map((entry) => join(folder, entry));
}
