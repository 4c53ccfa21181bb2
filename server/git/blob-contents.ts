import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type BlobContents, type Submodule, shownUrl, type WantedContents } from '../../builder/index.ts';
import { exitCodeOf } from './failure.ts';
import { type FetchLimits, fetchModule } from './fetch-module.ts';
import { type GitOptions, git } from './git-command.ts';
import { findSubmodules } from './submodules.ts';

/** A submodule may have some of its own, and a hostile one would have itself. */
const maxDepth = 5;
const maxModules = 200;
/** A build that is over has deleted its own, unless the server was killed. */
const forgottenMs = 6 * 3_600_000;
/** Since a build had a submodule from there. */
const unusedMs = 30 * 24 * 3_600_000;
const defaultModuleBytes = 5 * 1024 ** 3;

/**
 * What a commit only names, as objects of git beside those of the repository: files in a folder of objects of their own, that is
 * deleted afterwards, and submodules in repositories of their own, that are kept. So what reads a commit can read them like
 * everything else, and nothing of them is in the repository itself.
 * @param folders where both are
 * @throws SubmoduleUnavailable
 */
export async function openContents(
  folders: { readonly files: string; readonly modules: string },
  { files = new Map(), submodules = [], allowedUrl = (url) => url, ...limits }: WantedContents,
  options: GitOptions,
): Promise<BlobContents & AsyncDisposable> {
  const modules = new Modules(folders.modules, allowedUrl, {
    signal: limits.signal ?? options.signal,
    maxBytes: limits.maxModuleBytes ?? defaultModuleBytes,
  });
  await modules.add(submodules, 1);
  if (submodules.length > 0) await deleteOlder(folders.modules, /\.git$/, unusedMs);
  const written = files.size > 0 ? await writeFiles(folders.files, files, options) : undefined;
  return {
    objects: [...(written ? [written.objects] : []), ...modules.objects],
    blobs: written?.blobs ?? new Map(),
    submodules: modules.trees,
    [Symbol.asyncDispose]: async () => {
      if (written) await rm(written.objects, { recursive: true, force: true });
    },
  };
}

/** Submodules, with those in them. */
class Modules {
  readonly trees = new Map<string, string>();
  readonly objects = new Set<string>();
  readonly #folder: string;
  readonly #allowedUrl: (url: string) => string | undefined;
  readonly #limits: FetchLimits;

  constructor(folder: string, allowedUrl: (url: string) => string | undefined, limits: FetchLimits) {
    this.#folder = folder;
    this.#allowedUrl = allowedUrl;
    this.#limits = limits;
  }

  async add(wanted: readonly Submodule[], depth: number): Promise<void> {
    for (const module of wanted) {
      if (this.trees.has(module.commit)) continue;
      const url = depth === 1 ? module.url : this.#allowedUrl(module.url ?? '');
      if (url === undefined) throw notAllowed(module);
      if (depth > maxDepth || this.trees.size >= maxModules) throw tooMany(module);
      const { path, tree } = await fetchModule(this.#folder, { url, commit: module.commit }, this.#limits);
      this.trees.set(module.commit, tree);
      this.objects.add(join(path, 'objects'));
      await this.add(await submodulesOf(path, tree, this.#limits.signal), depth + 1);
    }
  }
}

async function submodulesOf(repository: string, tree: string, signal: AbortSignal | undefined): Promise<Submodule[]> {
  const options = { cwd: repository, signal };
  const modules = await git(['rev-parse', '--verify', '--quiet', `${tree}:.gitmodules`], options).catch((error) => {
    if (exitCodeOf(error) === 1) return '';
    throw error;
  });
  return modules === '' ? [] : findSubmodules(tree, modules.trim(), options);
}

async function writeFiles(folder: string, files: ReadonlyMap<string, string>, options: GitOptions) {
  await mkdir(folder, { recursive: true });
  await deleteOlder(folder, /^objects-/, forgottenMs);
  const objects = await mkdtemp(join(folder, 'objects-'));
  try {
    const env = { ...options.env, GIT_OBJECT_DIRECTORY: objects };
    // Compressing it would take longer than all the rest.
    const quickly = ['-c', 'core.looseCompression=0', '-c', 'pack.compression=0'];
    const input = [...files.values()].map((path) => `${path}\n`).join('');
    const output = await git([...quickly, 'hash-object', '-w', '--no-filters', '--stdin-paths'], {
      ...options,
      env,
      input,
      // Of gigabytes on a slow disk.
      maxMs: 600_000,
    });
    const ids = output.trim().split('\n');
    return { objects, blobs: new Map([...files.keys()].map((blob, index) => [blob, ids[index] ?? ''])) };
  } catch (error) {
    await rm(objects, { recursive: true, force: true });
    throw error;
  }
}

async function deleteOlder(folder: string, names: RegExp, ms: number): Promise<void> {
  const limit = Date.now() - ms;
  for (const name of (await readdir(folder)).filter((one) => names.test(one))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < limit) await rm(path, { recursive: true, force: true });
  }
}

function notAllowed({ path, url }: Submodule): GitkubeError {
  const where = url === undefined ? '.gitmodules does not name it' : `its URL ${shownUrl(url)} is not allowed`;
  return new GitkubeError(
    'SubmoduleUnavailable',
    `the submodule ${plain(textOfBytes(path), 100)} of a submodule cannot be fetched: ${where}`,
  );
}

function tooMany({ path }: Submodule): GitkubeError {
  const message = `the submodule ${plain(textOfBytes(path), 100)} is one too many: ${maxModules} are fetched, ${maxDepth} inside of each other`;
  return new GitkubeError('SubmoduleUnavailable', message);
}
