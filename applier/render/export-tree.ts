import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type ByteString, byteString, bytesOfText, fileIn, textOfBytes, toBuffer } from '../../base/byte-string.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import type { ManifestSource, SourceFile } from '../types.ts';
import { staysInside } from './symlinks.ts';

/** For manifests, which people write; a hostile pack can hold anything. */
const limits = { files: 5000, bytes: 32 * 1024 ** 2, fileBytes: 8 * 1024 ** 2, targetBytes: 4096 } as const;
/** Of files around the folder of a kustomization, larger ones are none of its parts. */
const maxUnrelatedFileBytes = 1024 ** 2;

export interface ExportedTree {
  /** Absolute: where the folder of the manifests lies. */
  readonly folder: string;
  /** Absolute: the top of what is there. Nothing in it leads out of it. */
  readonly top: string;
  /** The path of `top` in the repository. */
  readonly topPath: string;
  /** Relative to the folder, sorted. */
  readonly files: readonly ByteString[];
}

/**
 * Writes the folder of the manifests to a folder of its own, never through a symlink, and symlinks last.
 * @param into an empty folder
 * @throws ManifestsInvalid for whatever is over a limit or leads out of the folder
 */
export async function exportTree(source: ManifestSource, path: string, into: string): Promise<ExportedTree> {
  const listed = await source.list(path);
  checkLimits(listed, path);
  await writeFiles(source, listed, into, (name, why) => refuse(posix.join(path, textOfBytes(name)), why));
  return { folder: into, top: into, topPath: path, files: filesOf(listed) };
}

/** The same with the whole repository around it, for a kustomization that names folders above its own. */
export async function exportTreeWithRepository(
  source: ManifestSource,
  path: string,
  into: string,
): Promise<ExportedTree> {
  const all = await source.list('.');
  const prefix = `${bytesOfText(path)}/`;
  const isInside = (file: SourceFile) => file.path.startsWith(prefix);
  const wanted = all.filter((file) => isInside(file) || file.bytes <= maxUnrelatedFileBytes);
  checkLimits(wanted, '.');
  await writeFiles(source, wanted, into, (name, why) => {
    if (name.startsWith(prefix)) refuse(textOfBytes(name), why);
  });
  const files = filesOf(wanted.filter(isInside)).map((name) => name.slice(prefix.length) as ByteString);
  return { folder: join(into, path), top: into, topPath: '.', files };
}

/** Of symlinks: they may lead to a folder, whose files are there on their own, or nowhere. */
const noFileCodes = new Set(['EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOTDIR']);

/** What a file has; nothing for what is none. A file that cannot be read may say anything, so that is an error. */
export async function readIfFile(folder: string, name: ByteString): Promise<Buffer> {
  try {
    return await readFile(fileIn(folder, name));
  } catch (error) {
    if (noFileCodes.has((error as NodeJS.ErrnoException).code ?? '')) return Buffer.alloc(0);
    throw error;
  }
}

function filesOf(listed: readonly SourceFile[]): ByteString[] {
  return listed
    .filter(({ kind }) => kind !== 'submodule')
    .map(({ path }) => path)
    .sort();
}

function checkLimits(listed: readonly SourceFile[], path: string): void {
  const where = path === '.' ? 'the repository' : `'${plain(path, 200)}'`;
  const tooMuch = (limit: string) =>
    new GitkubeError('ManifestsInvalid', `${where} is too large for manifests: over ${limit}`, {
      hint: `set spec.manifests.path to a folder that holds manifests only: ${editRemote}`,
    });
  if (listed.length > limits.files) throw tooMuch(count(limits.files, 'file'));
  if (listed.reduce((sum, { bytes }) => sum + bytes, 0) > limits.bytes)
    throw tooMuch(`${limits.bytes / 1024 ** 2} MiB`);
}

/** @param onInvalidPath called for what cannot be written; when it returns, that path is left out */
async function writeFiles(
  source: ManifestSource,
  listed: readonly SourceFile[],
  into: string,
  onInvalidPath: (name: ByteString, why: string) => void,
): Promise<void> {
  const links: { readonly path: ByteString; readonly target: ByteString }[] = [];
  for (const { path, kind, oid, bytes } of listed) {
    if (kind === 'submodule') continue;
    if (!isPlainPath(path)) onInvalidPath(path, 'is not a file name');
    else if (bytes > (kind === 'symlink' ? limits.targetBytes : limits.fileBytes)) onInvalidPath(path, 'is too large');
    else if (kind === 'symlink') links.push({ path, target: byteString(await source.readBlob(oid, bytes)) });
    else if (!(await writeNew(into, path, await source.readBlob(oid, bytes))))
      onInvalidPath(path, 'cannot be a file here');
  }
  for (const { path, target } of links) {
    if (!staysInside(path, target))
      onInvalidPath(path, `is a symlink that leads out of it, to ${plain(textOfBytes(target), 100)}`);
    else if (!(await linkNew(target, into, path))) onInvalidPath(path, 'cannot be a symlink here');
  }
}

// git refuses such names in a tree only with receive.fsckObjects.
function isPlainPath(path: ByteString): boolean {
  return path.length <= 1024 && path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}

function writeNew(into: string, path: ByteString, content: Buffer): Promise<boolean> {
  return made(into, path, (file) => writeFile(file, content, { flag: 'wx', mode: 0o600 }));
}

function linkNew(target: ByteString, into: string, path: ByteString): Promise<boolean> {
  return made(into, path, (file) => symlink(toBuffer(target), file));
}

/** A tree may hold a name twice, as a file and as a folder, or longer than any file system has it. */
const invalidPathCodes = new Set(['EEXIST', 'EISDIR', 'ENAMETOOLONG', 'ENOTDIR']);

async function made(into: string, path: ByteString, make: (file: Buffer) => Promise<void>): Promise<boolean> {
  try {
    await mkdir(fileIn(into, path.slice(0, path.lastIndexOf('/') + 1) as ByteString), { recursive: true, mode: 0o700 });
    await make(fileIn(into, path));
    return true;
  } catch (error) {
    if (invalidPathCodes.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function refuse(path: string, why: string): never {
  throw new GitkubeError('ManifestsInvalid', `${plain(path, 300)} ${why}`, {
    hint: 'manifests can only use files of their own folder: commit a copy there',
  });
}
