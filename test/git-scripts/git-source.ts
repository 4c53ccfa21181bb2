import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { withLock } from '../cluster/lock.ts';
import { ensurePackages } from '../cluster/packages.ts';
import type { Progress } from '../cluster/progress.ts';
import { RigError } from '../cluster/rig-error.ts';
import { run, runToEnd } from '../cluster/run.ts';

export interface GitSource {
  /** The version of Debian's package of git that is installed. */
  readonly version: string;
  /** Has the folder `t` of git's source. */
  readonly folder: string;
}

const sourcesOfApt = ['/etc/apt/sources.list', '/etc/apt/sources.list.d'];

/** The tests of git, of the source of the package that is installed here, out of the cache or out of Debian's archive. */
export async function gitSource(cacheDir: string, progress: Progress): Promise<GitSource> {
  const version = await installedVersion();
  const folder = join(cacheDir, `git-tests-${version.replace(/\W/g, '_')}`);
  if (!existsSync(folder)) {
    await ensurePackages([{ package: 'xz-utils', file: 'xz' }], cacheDir, progress);
    await withLock(join(cacheDir, 'git-tests.lock'), async () => {
      if (existsSync(folder)) return;
      await progress.step(`download the source of git ${version}`, () => download(version, cacheDir, folder));
    });
  }
  return { version, folder };
}

async function installedVersion(): Promise<string> {
  const { code, stdout } = await runToEnd('dpkg-query', ['--show', `--showformat=\${source:Version}`, 'git']);
  if (code === 0 && stdout !== '') return stdout.trim();
  throw new RigError('git is not installed as a package of Debian, whose source has its tests', {
    hint: ['apt-get install git'],
  });
}

async function download(version: string, cacheDir: string, folder: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'git-tests.unfinished-'));
  try {
    const options = await aptOptions(work);
    // A source of another package may not answer; what counts is whether that of git is found.
    await runToEnd('apt-get', [...options, 'update']);
    await run('apt-get', [...options, 'source', '--download-only', `git=${version}`], { cwd: work });
    await mkdir(join(work, 'source'));
    const strip = ['-C', 'source', '--strip-components=1', '--wildcards', '*/t'];
    await run('tar', ['-xf', await archive(work, 'orig'), ...strip], { cwd: work });
    await run('tar', ['-xf', await archive(work, 'debian')], { cwd: work });
    await applyPatches(work);
    await rename(join(work, 'source'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function archive(work: string, part: 'orig' | 'debian'): Promise<string> {
  const found = (await readdir(work)).find((name) => new RegExp(`\\.${part}\\.tar\\.\\w+$`).test(name));
  if (found === undefined) throw new RigError(`the source of git has no ${part} archive`);
  return found;
}

/** What Debian has mended since then, as far as it is in the tests: they expect what the installed git does. */
async function applyPatches(work: string): Promise<void> {
  const patches = join(work, 'debian/patches');
  const series = await readFile(join(patches, 'series'), 'utf8').catch(() => '');
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: work };
  for (const name of series.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const args = ['apply', '--include=t/*', join(patches, name)];
    await run('git', args, { cwd: join(work, 'source'), env });
  }
}

/** The sources of packages that this machine has, as sources of source, with lists of their own: apt checks who signed them. */
async function aptOptions(work: string): Promise<string[]> {
  const parts = join(work, 'sources');
  for (const folder of [parts, join(work, 'lists/partial'), join(work, 'cache/archives/partial')]) {
    await mkdir(folder, { recursive: true });
  }
  for (const file of await sourceFiles()) {
    const text = await readFile(file, 'utf8');
    const asSource = text.replace(/^Types:.*$/gm, 'Types: deb-src').replace(/^deb(?=\s)/gm, 'deb-src');
    await writeFile(join(parts, basename(file)), asSource);
  }
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': parts,
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    // Its own user may not write into this folder, and apt warns of that.
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

async function sourceFiles(): Promise<string[]> {
  const [main = '', folder = ''] = sourcesOfApt;
  const names = existsSync(folder) ? await readdir(folder) : [];
  const parts = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name));
  return existsSync(main) ? [main, ...parts] : parts;
}
