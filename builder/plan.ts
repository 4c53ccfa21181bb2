import { findSourceFiles, readIgnoreFile } from './context/source-files.ts';
import { checkSyntax } from './dockerfile/dockerfile.ts';
import { declaredArgs } from './dockerfile/dockerfile-args.ts';
import { buildArgs, buildKey, predefinedArgs } from './images/build-key.ts';
import { keyTag, labelOf, repositoryName, repositoryPath } from './images/names.ts';
import type { RegistryClient } from './registry/client.ts';
import { findDigest } from './registry/probe.ts';
import type { ImageDestination, ImageTarget, PlannedImage, PromotedImage, SourceTree } from './types.ts';

export interface PlanInputs {
  readonly source: SourceTree;
  readonly destination: ImageDestination;
  readonly target: ImageTarget;
  readonly client: RegistryClient;
  readonly platform: string;
  /** The branch that is pushed to. */
  readonly branch: string | undefined;
  /** Images that other Remotes have released, by build key. */
  readonly promoted: ReadonlyMap<string, PromotedImage>;
  /** Do not look for an existing image. */
  readonly noCache: boolean;
  readonly signal: AbortSignal;
}

/** Everything that can be wrong with an image before it is built, found before any is built. */
export async function planImage(inputs: PlanInputs): Promise<PlannedImage> {
  const { source, target, client, platform, signal } = inputs;
  const repository = repositoryName(inputs.destination, target);
  const { context, dockerfile, ignoreFile } = await findSourceFiles(source, target);
  const text = dockerfile.content.toString('utf8');
  const args = buildArgs(target, predefinedArgs(source.commit, inputs.branch), declaredArgs(text));
  const key = buildKey({
    contextTree: context.oid,
    dockerfileBlob: dockerfile.oid,
    platform,
    target,
    buildArgs: args,
    ...(ignoreFile === undefined ? {} : { ignoreBlob: ignoreFile.oid }),
  });
  const label = labelOf(target);
  const planned = { target, label, repository, buildKey: key, buildArgs: args };
  const promoted = inputs.promoted.get(key);
  if (promoted) return { ...planned, promoted, ...(await alreadyThere(promoted, inputs, repository)) };
  const digest = inputs.noCache ? undefined : await findDigest(client, repositoryPath(repository), keyTag(key), signal);
  if (digest !== undefined) return { ...planned, existingDigest: digest };
  checkSyntax(text, args, target.container.dockerfile);
  await readIgnoreFile(source, ignoreFile);
  return planned;
}

/** An earlier push of the same may have brought it. */
async function alreadyThere(
  { reference }: PromotedImage,
  { client, signal }: PlanInputs,
  repository: string,
): Promise<Pick<PlannedImage, 'existingDigest'>> {
  const digest = reference.slice(reference.indexOf('@') + 1);
  const found = await findDigest(client, repositoryPath(repository), digest, signal);
  return found === undefined ? {} : { existingDigest: digest };
}
