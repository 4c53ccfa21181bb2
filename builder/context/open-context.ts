import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { bytesOfText } from '../../base/byte-string.ts';
import type { EngineBuild } from '../engine/engine.ts';
import type { ImageTarget, SourceTree } from '../types.ts';
import { type ContextLimits, type ContextOptions, ContextTar, reservedDockerfile } from './context.ts';
import type { DockerIgnore } from './dockerignore.ts';
import { findSourceFiles, readIgnoreFile, type SourceFiles } from './source-files.ts';

const ignoreName = '.dockerignore';

/**
 * What an engine builds of: the context, which is what the commit has less what the ignore file names, and the Dockerfile.
 * One from outside of the context, or that is ignored, must not be seen by `COPY .`. BuildKit takes it apart from the
 * context. The classic builder finds it in there, and removes it, once read, where a `.dockerignore` in there names it; only
 * where the commit has an ignore file of its own to be copied, which names no such file, it stays.
 */
export async function openContext(
  source: SourceTree,
  target: ImageTarget,
  limits: ContextLimits,
  buildkit: boolean,
): Promise<{ readonly context: Readable } & Pick<EngineBuild, 'dockerfile'>> {
  const { context: folder, dockerfile, ignoreFile } = await findSourceFiles(source, target);
  const ignore = await readIgnoreFile(source, ignoreFile);
  const path = posix.relative(folder.path, dockerfile.path);
  const outside = path.startsWith('../');
  const open = ({ keep = [], extra = [] }: Partial<Pick<ContextOptions, 'keep' | 'extra'>>) => {
    const options = { path: folder.path, keep, extra, mtime: source.commitTime, limits };
    return source.archive(folder.oid, new ContextTar(ignore === undefined ? options : { ...options, ignore }));
  };
  if (!outside && !ignore?.ignores(bytesOfText(path))) return { context: open({}), dockerfile: path };
  if (buildkit)
    return { context: open({}), dockerfile: { name: posix.basename(dockerfile.path), content: dockerfile.content } };
  const copied = await copiesIgnoreFile(source, folder, ignore);
  if (copied && !outside) return { context: open({ keep: [path] }), dockerfile: path };
  const apart = { name: reservedDockerfile, content: dockerfile.content };
  const names = { name: ignoreName, content: Buffer.from(`${ignoreName}\n${reservedDockerfile}\n`) };
  return { context: open({ extra: copied ? [apart] : [apart, names] }), dockerfile: reservedDockerfile };
}

async function copiesIgnoreFile(source: SourceTree, folder: SourceFiles['context'], ignore: DockerIgnore | undefined) {
  if ((await source.entry(posix.join(folder.path, ignoreName))) === undefined) return false;
  return !ignore?.ignores(bytesOfText(ignoreName));
}
