import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteString } from '../../base/byte-string.ts';
import { type LfsFile, type LfsPointer, maxPointerBytes, minPointerBytes, readPointer } from '../../builder/index.ts';
import { exitCodeOf } from './failure.ts';
import { type GitOptions, git } from './git-command.ts';
import { listMatching } from './list-matching.ts';
import type { ObjectReader } from './object-reader.ts';
import type { ListedFile } from './tree.ts';

/** Of the names of all files of a commit. */
const maxListing = 64 * 1024 * 1024;

/**
 * The files of a tree that a client of Git LFS would replace by their content: they have the attribute filter=lfs, and
 * are pointers. In most repositories no attribute names lfs, which one look at the `.gitattributes` shows.
 */
export async function findLfsFiles(tree: string, options: GitOptions, objects: ObjectReader): Promise<LfsFile[]> {
  if (!(await namesLfs(tree, options))) return [];
  const isSmall = (file: ListedFile) =>
    file.kind === 'blob' && file.bytes >= minPointerBytes && file.bytes <= maxPointerBytes;
  const small = await listMatching(tree, isSmall, options);
  const pointers = new Map<string, LfsPointer | undefined>();
  const found: LfsFile[] = [];
  for (const { path, oid: blob } of small) {
    if (!pointers.has(blob)) {
      const body = (await objects.read(blob, maxPointerBytes))?.body;
      pointers.set(blob, body && readPointer(body));
    }
    const pointer = pointers.get(blob);
    if (pointer) found.push({ path, blob, ...pointer });
  }
  if (found.length === 0) return [];
  const filtered = await withFilter(tree, found, options);
  return found.filter(({ path }) => filtered.has(path));
}

const bytes = { encoding: 'latin1', maxBytes: maxListing } as const;

/** Whether any `.gitattributes` of the tree mentions it. */
async function namesLfs(tree: string, options: GitOptions): Promise<boolean> {
  const env = { ...options.env, GIT_LITERAL_PATHSPECS: '0' };
  const args = ['grep', '--quiet', '--fixed-strings', '-e', 'filter=lfs', tree, '--', ':(glob)**/.gitattributes'];
  try {
    await git(args, { ...options, env });
    return true;
  } catch (error) {
    if (exitCodeOf(error) === 1) return false;
    throw error;
  }
}

/** Attributes are read from an index, as there is no working tree. */
async function withFilter(tree: string, files: readonly LfsFile[], options: GitOptions): Promise<Set<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-index-'));
  try {
    const env = { ...options.env, GIT_INDEX_FILE: join(folder, 'index') };
    await git(['read-tree', tree], { ...options, env });
    const input = files.map(({ path }) => `${path}\0`).join('');
    const args = ['check-attr', '--cached', '-z', '--stdin', 'filter'];
    const output = await git(args, { ...options, ...bytes, env, input: input as ByteString, inputEncoding: 'latin1' });
    const parts = output.split('\0');
    const all = files.map((_file, index) => parts.slice(index * 3, index * 3 + 3));
    return new Set(all.flatMap(([path = '', , value]) => (value === 'lfs' ? [path] : [])));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
