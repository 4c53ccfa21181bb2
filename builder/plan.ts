import { buildArgs, buildKey } from './build-key.ts';
import { checkSyntax } from './dockerfile.ts';
import { keyTag, repositoryName, repositoryPath } from './names.ts';
import type { RegistryClient } from './registry-client.ts';
import { findDigest } from './registry-probe.ts';
import { findSourceFiles, readIgnoreFile } from './source-files.ts';
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

/** Everything that can be wrong with an image before it is built, found before any is built. */
export async function planImage(inputs: PlanInputs): Promise<PlannedImage> {
  const { source, target, client, platform, signal } = inputs;
  const repository = repositoryName(inputs.destination, target);
  const { context, dockerfile, ignoreFile } = await findSourceFiles(source, target);
  const key = buildKey({
    contextTree: context.oid,
    dockerfileBlob: dockerfile.oid,
    platform,
    target,
    ...(ignoreFile === undefined ? {} : { ignoreBlob: ignoreFile.oid }),
  });
  const planned = { target, label: `${target.deployment}/${target.container.name}`, repository, buildKey: key };
  const digest = inputs.noCache ? undefined : await findDigest(client, repositoryPath(repository), keyTag(key), signal);
  if (digest !== undefined) return { ...planned, existingDigest: digest };
  checkSyntax(dockerfile.content.toString('utf8'), buildArgs(target), target.container.dockerfile);
  await readIgnoreFile(source, ignoreFile);
  return planned;
}
