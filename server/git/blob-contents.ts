import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobContents } from '../../builder/index.ts';
import { type GitOptions, git } from './git-command.ts';

/**
 * Files as objects of git, in a folder of objects of their own: so that what reads a commit can read them like any other
 * blob, and nothing of them is left in the repository.
 * @param folder where that folder is made
 * @param files by the id of the blob that stands for each
 */
export async function openContents(
  folder: string,
  files: ReadonlyMap<string, string>,
  options: GitOptions,
): Promise<BlobContents & AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  const objects = await mkdtemp(join(folder, 'objects-'));
  const dispose = () => rm(objects, { recursive: true, force: true });
  try {
    const env = { ...options.env, GIT_OBJECT_DIRECTORY: objects };
    const paths = [...files.values()];
    // Compressing it would take longer than all the rest.
    const args = [
      '-c',
      'core.looseCompression=0',
      '-c',
      'pack.compression=0',
      'hash-object',
      '-w',
      '--no-filters',
      '--stdin-paths',
    ];
    const output = await git(args, { ...options, env, input: paths.map((path) => `${path}\n`).join('') });
    const ids = output.trim().split('\n');
    const blobs = new Map([...files.keys()].map((blob, index) => [blob, ids[index] ?? '']));
    return { objects, blobs, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The environment of a git that reads objects in these folders, too. */
export function alternates(
  env: Readonly<Record<string, string>> = {},
  folders: readonly string[],
): Readonly<Record<string, string>> {
  const before = env.GIT_ALTERNATE_OBJECT_DIRECTORIES;
  const all = [...(before ? [before] : []), ...folders];
  return { GIT_ALTERNATE_OBJECT_DIRECTORIES: all.join(':') };
}
