import { readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
 * branch would fail for ever. Call it only while no git of ours runs there, which is when the server has just started.
 */
export async function sweepLocks(repository: string): Promise<void> {
  const top = (await readdir(repository))
    .filter((entry) => entry.endsWith('.lock'))
    .map((entry) => join(repository, entry));
  const refs = join(repository, 'refs');
  // No ref can have such a name (git-check-ref-format(1)).
  const locks = (await readdir(refs, { recursive: true })).filter((entry) => entry.endsWith('.lock'));
  await Promise.all([...top, ...locks.map((entry) => join(refs, entry))].map((path) => rm(path, { force: true })));
}
