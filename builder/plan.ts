import { posix } from 'node:path';
import { GitkubeError } from '../base/errors.ts';
import { shortId } from '../base/text.ts';
import { buildArgs, buildKey } from './build-key.ts';
import { checkSyntax } from './dockerfile.ts';
import { DockerIgnore } from './dockerignore.ts';
import { keyTag, repositoryName, repositoryPath } from './names.ts';
import type { RegistryClient } from './registry-client.ts';
import type { ImageDestination, ImageTarget, PlannedImage, SourceTree } from './types.ts';

export interface PlanInputs {
  readonly source: SourceTree;
  readonly destination: ImageDestination;
  readonly target: ImageTarget;
  readonly client: RegistryClient;
  readonly platform: string;
  /** Do not look for an existing image. */
  readonly noCache: boolean;
  readonly signal: AbortSignal;
}

const maxDockerfileBytes = 1024 * 1024;
const maxIgnoreBytes = 256 * 1024;

/** Everything that can be wrong with an image before it is built, found before any is built. */
export async function planImage(inputs: PlanInputs): Promise<PlannedImage> {
  const { source, target, client, signal } = inputs;
  const repository = repositoryName(inputs.destination, target);
  const [contextTree, dockerfileBlob, ignoreFile] = await Promise.all([
    findContext(source, target),
    findDockerfile(source, target),
    findIgnoreFile(source, target),
  ]);
  const ignoreBlob = ignoreFile?.oid;
  const key = buildKey({
    contextTree,
    dockerfileBlob,
    platform: inputs.platform,
    target,
    ...(ignoreBlob === undefined ? {} : { ignoreBlob }),
  });
  const planned = { target, label: `${target.deployment}/${target.container.name}`, repository, buildKey: key };
  const digest = inputs.noCache
    ? undefined
    : await client.manifestDigest(repositoryPath(repository), keyTag(key), signal);
  if (digest !== undefined) return { ...planned, existingDigest: digest };
  checkSyntax(await readDockerfile(source, dockerfileBlob), buildArgs(target), target.container.dockerfile);
  await readIgnore(source, target);
  return planned;
}

export async function readDockerfile(source: SourceTree, oid: string): Promise<string> {
  return (await source.readBlob(oid, maxDockerfileBytes)).toString('utf8');
}

/** `<Dockerfile>.dockerignore` before the context's `.dockerignore`, as for BuildKit; symlinks are not followed. */
export async function findIgnoreFile(
  source: SourceTree,
  { container }: ImageTarget,
): Promise<{ readonly path: string; readonly oid: string } | undefined> {
  for (const path of [`${container.dockerfile}.dockerignore`, posix.join(container.path, '.dockerignore')]) {
    const entry = await source.entry(path);
    if (entry?.kind === 'blob') return { path, oid: entry.oid };
  }
  return undefined;
}

export async function readIgnore(source: SourceTree, target: ImageTarget): Promise<DockerIgnore | undefined> {
  const file = await findIgnoreFile(source, target);
  if (file === undefined) return undefined;
  return new DockerIgnore(await source.readBlob(file.oid, maxIgnoreBytes), file.path);
}

async function findContext(source: SourceTree, { container }: ImageTarget): Promise<string> {
  const entry = await source.entry(container.path);
  if (entry?.kind === 'tree') return entry.oid;
  const there = await whatIsThere(source, container.path, entry?.kind);
  throw new GitkubeError(
    'ContextNotFound',
    `commit ${shortId(source.commit)} has no folder '${container.path}'${there}`,
    {
      hint: `commit that folder, or change 'path' of container ${container.name} in the Remote`,
    },
  );
}

export async function findDockerfile(source: SourceTree, { container }: ImageTarget): Promise<string> {
  const { dockerfile, path } = container;
  const entry = await source.entry(dockerfile);
  if (entry?.kind === 'blob') return entry.oid;
  const inContext = posix.join(path, dockerfile);
  const hint =
    path !== '.' && (await source.entry(inContext))?.kind === 'blob'
      ? `'dockerfile' counts from the root of the repository: set it to ${inContext}`
      : `commit it, or change 'dockerfile' of container ${container.name} in the Remote`;
  const there = await whatIsThere(source, dockerfile, entry?.kind);
  throw new GitkubeError('DockerfileNotFound', `commit ${shortId(source.commit)} has no file '${dockerfile}'${there}`, {
    hint,
  });
}

/** `: it is a symlink`, or how far the path leads. */
async function whatIsThere(source: SourceTree, path: string, kind: string | undefined): Promise<string> {
  const words: Record<string, string> = {
    tree: 'a folder',
    blob: 'a file',
    symlink: 'a symlink',
    submodule: 'a submodule',
  };
  if (kind !== undefined) return `: it is ${words[kind]}`;
  for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above)) {
    const entry = await source.entry(above);
    if (entry?.kind === 'tree') return `: the path ends at folder '${above}'`;
    if (entry !== undefined) return `: '${above}' is ${words[entry.kind]}`;
  }
  return '';
}
