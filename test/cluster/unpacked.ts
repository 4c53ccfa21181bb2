import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arch } from 'node:process';
import { withLock } from './lock.ts';
import type { Progress } from './progress.ts';
import { run, runToEnd } from './run.ts';

/**
 * Debian packages unpacked into the cache and not installed: for daemons that would be started, or that would stay on a machine which
 * needs them once. @returns the folder below which their files are
 */
export async function unpackedPackages(
  names: readonly string[],
  cacheDir: string,
  progress: Progress,
): Promise<string> {
  const folder = join(cacheDir, `debian-${names.join('-')}-${arch}`);
  if (existsSync(folder)) return folder;
  return withLock(
    join(cacheDir, 'unpacked.lock'),
    async () => {
      if (!existsSync(folder))
        await progress.step(`download ${names.join(' ')}`, () => download(names, cacheDir, folder));
      return folder;
    },
    () => progress.line(`waiting for another run that downloads ${names.join(' ')}`),
  );
}

async function download(names: readonly string[], cacheDir: string, folder: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'debian.unfinished-'));
  try {
    const get = ['--quiet', 'download', ...names];
    const { code } = await runToEnd('apt-get', get, { cwd: work });
    // A list that is old names versions that are no longer there, and a bare machine has none.
    if (code !== 0) {
      await run('apt-get', ['--quiet', 'update']);
      await run('apt-get', get, { cwd: work });
    }
    const files = await readdir(work);
    for (const file of files.filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['--extract', file, 'files'], { cwd: work });
    }
    await rename(join(work, 'files'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
