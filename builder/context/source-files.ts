import { posix } from 'node:path';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { shortId } from '../../base/text.ts';
import { ownerOf } from '../images/names.ts';
import type { ImageTarget, SourceTree } from '../types.ts';
import { DockerIgnore } from './dockerignore.ts';
import { resolvePath } from './resolve-path.ts';

/** A file of the commit, where its path leads through symlinks. */
export interface SourceFile {
  readonly path: string;
  readonly oid: string;
}

/** What one image is built of. */
export interface SourceFiles {
  /** The folder that is the build context, and its tree. */
  readonly context: SourceFile;
  readonly dockerfile: SourceFile & { readonly content: Buffer };
  readonly ignoreFile: SourceFile | undefined;
}

const maxDockerfileBytes = 1024 * 1024;
const maxIgnoreBytes = 256 * 1024;

/** @throws GitkubeError ContextNotFound, DockerfileNotFound, ContextInvalid, ContextTooLarge */
export async function findSourceFiles(source: SourceTree, target: ImageTarget): Promise<SourceFiles> {
  const [context, dockerfile] = await Promise.all([findContext(source, target), findDockerfile(source, target)]);
  const ignoreFile = await findIgnoreFile(source, target, context.path);
  return { context, dockerfile, ignoreFile };
}

export async function readIgnoreFile(
  source: SourceTree,
  file: SourceFile | undefined,
): Promise<DockerIgnore | undefined> {
  return file && new DockerIgnore(await read(source, file, maxIgnoreBytes), file.path);
}

async function findContext(source: SourceTree, target: ImageTarget): Promise<SourceFile> {
  const { container } = target;
  const found = await resolvePath(source, container.path, 'tree');
  if (!('why' in found)) return { path: found.path, oid: found.entry.oid };
  throw new GitkubeError(
    'ContextNotFound',
    `commit ${shortId(source.commit)} has no folder '${container.path}'${found.why}`,
    { hint: `commit that folder, or change 'path' of ${ownerOf(target)}: ${editRemote}` },
  );
}

async function findDockerfile(source: SourceTree, target: ImageTarget): Promise<SourceFiles['dockerfile']> {
  const { dockerfile, path } = target.container;
  const found = await resolvePath(source, dockerfile, 'blob');
  if (!('why' in found)) {
    const file = { path: found.path, oid: found.entry.oid };
    return { ...file, content: await read(source, file, maxDockerfileBytes) };
  }
  const inContext = posix.join(path, dockerfile);
  const hint =
    path !== '.' && !('why' in (await resolvePath(source, inContext, 'blob')))
      ? `set 'dockerfile' to ${inContext}, as it counts from the root of the repository: ${editRemote}`
      : `commit ${found.why.includes('symlink') ? 'what the symlink points to' : 'it'}, or change 'dockerfile' of ${ownerOf(target)}: ${editRemote}`;
  throw new GitkubeError(
    'DockerfileNotFound',
    found.why.includes(`'${dockerfile}' is a symlink`)
      ? `commit ${shortId(source.commit)}${found.why}`
      : `commit ${shortId(source.commit)} has no file '${dockerfile}'${found.why}`,
    { hint },
  );
}

/** `<Dockerfile>.dockerignore` before the context's `.dockerignore`, as for BuildKit. */
async function findIgnoreFile(
  source: SourceTree,
  { container }: ImageTarget,
  context: string,
): Promise<SourceFile | undefined> {
  for (const path of [`${container.dockerfile}.dockerignore`, posix.join(context, '.dockerignore')]) {
    const folder = await resolvePath(source, posix.dirname(path), 'tree');
    if ('why' in folder) continue;
    const there = posix.join(folder.path, posix.basename(path));
    if ((await source.entry(there)) === undefined) continue;
    const found = await resolvePath(source, there, 'blob');
    if (!('why' in found)) return { path: found.path, oid: found.entry.oid };
    // Docker passes it over, and then secrets are in the image.
    throw new GitkubeError('ContextInvalid', `'${there}' cannot be read${found.why}`, {
      hint: 'make it a file, or a symlink to a file of the repository',
    });
  }
  return undefined;
}

async function read(source: SourceTree, { path, oid }: SourceFile, maxBytes: number): Promise<Buffer> {
  try {
    return await source.readBlob(oid, maxBytes);
  } catch (thrown) {
    if (!(thrown instanceof GitkubeError) || thrown.reason !== 'ContextTooLarge') throw thrown;
    throw new GitkubeError('ContextTooLarge', `'${path}' is too large: ${thrown.message}`);
  }
}
