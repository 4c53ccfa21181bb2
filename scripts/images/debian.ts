/** Root file systems made of Debian's packages, for machines that can pull no image. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../../test/cluster/lock.ts';
import { ensurePackages } from '../../test/cluster/packages.ts';
import type { Progress } from '../../test/cluster/progress.ts';
import { run } from '../../test/cluster/run.ts';

/** The essential packages of Debian, and these. */
export interface DebianImage {
  readonly name: string;
  readonly packages: readonly string[];
  /** Where files of this repository go in the image, as programs. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Shell commands that are run in the new root before it is packed. No single quotes. */
  readonly script?: string;
  /** Instructions of a Dockerfile, of those that the import of a root file system takes. */
  readonly changes: readonly string[];
}

// The release of node:24-bookworm and debian:bookworm-slim.
const release = 'bookworm';
const dpkgConfig = join(import.meta.dirname, 'dpkg.cfg');

/** Names the content: another list of packages is another image. */
export async function debianKey(image: DebianImage): Promise<string> {
  const files = [dpkgConfig, ...Object.values(image.programs ?? {})];
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const recipe = { ...image, release, programs: Object.keys(image.programs ?? {}), contents };
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}

/** The root file system as an archive in the cache; made once, half a minute. */
export async function ensureDebianArchive(image: DebianImage, cacheDir: string, progress: Progress): Promise<string> {
  const archive = join(cacheDir, 'images', `${image.name}-${await debianKey(image)}.tar`);
  if (existsSync(archive)) return archive;
  await ensurePackages([{ package: 'mmdebstrap', file: 'mmdebstrap' }], cacheDir, progress);
  const make = async () => {
    if (existsSync(archive)) return;
    await progress.step(`make ${image.name} of packages`, () => bootstrap(image, archive));
  };
  await withLock(`${archive}.lock`, make, () => progress.line(`waiting for another run that makes ${image.name}`));
  return archive;
}

async function bootstrap(image: DebianImage, archive: string): Promise<void> {
  await mkdir(dirname(archive), { recursive: true });
  const unfinished = `${archive}.unfinished`;
  // Hooks run outside of the new root, which is their first argument.
  const hooks = Object.entries(image.programs ?? {}).map(
    ([target, source]) => `install -D -m 0755 "${source}" "$1${target}"`,
  );
  if (image.script !== undefined) hooks.push(`chroot "$1" sh -euc '${image.script}'`);
  const args = [
    ...['--quiet', '--variant=essential', '--format=tar', `--dpkgopt=${dpkgConfig}`],
    // As debian:bookworm-slim is, and without the program that would merge later: it is written in Perl.
    ...['--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr', '--include=usr-is-merged'],
    ...[`--include=${image.packages.join(',')}`, ...hooks.map((hook) => `--customize-hook=${hook}`)],
    ...[release, unfinished],
  ];
  try {
    await run('mmdebstrap', args, { timeoutMs: 600_000 });
    await rename(unfinished, archive);
  } finally {
    await rm(unfinished, { force: true });
  }
}
