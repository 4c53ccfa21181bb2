import { type ByteString, textOfBytes } from '../../base/byte-string.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import type { DockerIgnore } from '../context/dockerignore.ts';
import type { BlobContents, LfsFile, SourceTree } from '../types.ts';

/** How many files are named. */
const shown = 5;

/** Those that are in a build context. @param folder that is the build context, `.` or `a/b` */
export function inContext<T extends { readonly path: ByteString }>(
  files: readonly T[],
  folder: string,
  ignore: Pick<DockerIgnore, 'ignores'> | undefined,
): T[] {
  const prefix = folder === '.' ? '' : `${folder}/`;
  const bytes = Buffer.from(prefix).toString('latin1');
  return files.filter(({ path }) => {
    if (!path.startsWith(bytes)) return false;
    return !ignore?.ignores(path.slice(bytes.length) as ByteString);
  });
}

/** A build with pointers would succeed, and what runs would not work. */
export function withoutServer(label: string, files: readonly LfsFile[]): GitkubeError {
  const names = files.slice(0, shown).map(({ path }) => plain(textOfBytes(path), 100));
  const more = files.length > shown ? [`and ${files.length - shown} more`] : [];
  const message = `the build of ${label} needs ${count(files.length, 'file')} of Git LFS, and the Remote names no LFS server`;
  return new GitkubeError('LfsUnsupported', message, {
    evidence: [...names, ...more],
    hint: [
      `set spec.lfs.url to the LFS server that has ${files.length === 1 ? 'it' : 'them'}: ${editRemote}`,
      'or exclude them from the build with a .dockerignore',
    ],
  });
}

/** Their content is what a program of the client has made of the files. */
export function extended(label: string, files: readonly LfsFile[]): GitkubeError | undefined {
  const names = files.filter(({ isExtended }) => isExtended).map(({ path }) => plain(textOfBytes(path), 100));
  if (names.length === 0) return undefined;
  const message = `the build of ${label} needs files with extensions of Git LFS, which Gitkube does not have`;
  return new GitkubeError('LfsUnsupported', message, {
    evidence: names.slice(0, shown),
    hint: 'commit them without the extension, or exclude them from the build with a .dockerignore',
  });
}

/** The commit with the content of some files in place of their pointers. */
export function withContents(source: SourceTree, contents: BlobContents): SourceTree {
  return {
    commit: source.commit,
    commitTime: source.commitTime,
    lfsFolder: source.lfsFolder,
    entry: (path) => source.entry(path),
    readBlob: (oid, maxBytes) => source.readBlob(oid, maxBytes),
    archive: (tree, format) => source.archive(tree, format, contents),
    lfsFiles: () => source.lfsFiles(),
    submodules: () => source.submodules(),
    openContents: (wanted) => source.openContents(wanted),
  };
}
