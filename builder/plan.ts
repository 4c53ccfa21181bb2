import { findSourceFiles, readIgnoreFile } from './context/source-files.ts';
import { judgeSubmodules } from './context/submodules.ts';
import { checkSyntax } from './dockerfile/dockerfile.ts';
import { declaredArgs } from './dockerfile/dockerfile-args.ts';
import { buildArgs, buildKey, predefinedArgs } from './images/build-key.ts';
import { keyTag, labelOf, repositoryName, repositoryPath } from './images/names.ts';
import { extended, inContext, withoutServer } from './lfs/lfs-source.ts';
import { isSigned } from './provenance/is-signed.ts';
import type { Signer } from './provenance/signer.ts';
import type { RegistryClient } from './registry/client.ts';
import { findDigest } from './registry/probe.ts';
import type { ImageDestination, ImageTarget, PlannedImage, PromotedImage, Say, SourceTree } from './types.ts';

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
  /** Makes a client of the server that has the files of Git LFS; unset: there is none. @throws LfsUnavailable */
  readonly openLfs?: (() => unknown) | undefined;
  /** Hosts from which submodules are fetched. */
  readonly submoduleHosts: readonly string[];
  /** Whose signature an image that is there needs; unset: none. */
  readonly signer: Signer | undefined;
  readonly say: Say;
  /** Do not look for an existing image. */
  readonly noCache: boolean;
  readonly signal: AbortSignal;
}

/** Everything that can be wrong with an image before it is built, found before any is built. */
export async function planImage(inputs: PlanInputs): Promise<PlannedImage> {
  const { source, target, client, platform, signal } = inputs;
  const repository = repositoryName(inputs.destination, target);
  const [{ context, dockerfile, ignoreFile }, allLfs, allModules] = await Promise.all([
    findSourceFiles(source, target),
    source.lfsFiles(),
    source.submodules(),
  ]);
  const ignore = allLfs.length + allModules.length > 0 ? await readIgnoreFile(source, ignoreFile) : undefined;
  const lfs = inContext(allLfs, context.path, ignore);
  const modules = inContext(allModules, context.path, ignore?.hasExceptions ? undefined : ignore);
  const text = dockerfile.content.toString('utf8');
  const args = buildArgs(target, predefinedArgs(source.commit, inputs.branch), declaredArgs(text));
  const key = buildKey({
    contextTree: context.oid,
    dockerfileBlob: dockerfile.oid,
    platform,
    target,
    buildArgs: args,
    lfs: lfs.map(({ path, oid }) => [path, oid] as const),
    withSubmodules: modules.length > 0 && inputs.submoduleHosts.length > 0,
    ...(ignoreFile === undefined ? {} : { ignoreBlob: ignoreFile.oid }),
  });
  const label = labelOf(target);
  const planned = { target, label, repository, buildKey: key, buildArgs: args, ...(lfs.length > 0 && { lfs }) };
  const promoted = inputs.promoted.get(key);
  if (promoted) return { ...planned, promoted, ...(await alreadyThere(promoted, inputs, repository, key)) };
  const digest = inputs.noCache ? undefined : await findDigest(client, repositoryPath(repository), keyTag(key), signal);
  if (digest !== undefined && (await mayRun({ digest, buildKey: key }, repository, inputs))) {
    return { ...planned, existingDigest: digest };
  }
  if (digest !== undefined)
    inputs.say(`${label}: the image that is there is not signed by this server: building it again`);
  const unfit = extended(label, lfs);
  if (unfit) throw unfit;
  if (lfs.length > 0 && !inputs.openLfs) throw withoutServer(label, lfs);
  if (lfs.length > 0) inputs.openLfs?.();
  const { fetched, lines } = judgeSubmodules(label, modules, inputs.submoduleHosts);
  for (const line of lines) inputs.say(line);
  checkSyntax(text, args, target.container.dockerfile);
  await readIgnoreFile(source, ignoreFile);
  return fetched.length > 0 ? { ...planned, submodules: fetched } : planned;
}

/** With a key, what is behind a tag counts only if this server has signed that it has built it. */
async function mayRun(
  image: { readonly digest: string; readonly buildKey: string },
  repository: string,
  { signer, client, signal }: PlanInputs,
): Promise<boolean> {
  return !signer || isSigned(image, signer, { client, path: repositoryPath(repository) }, signal);
}

/** An earlier push of the same may have brought it. */
async function alreadyThere(
  { reference }: PromotedImage,
  inputs: PlanInputs,
  repository: string,
  buildKey: string,
): Promise<Pick<PlannedImage, 'existingDigest'>> {
  const digest = reference.slice(reference.indexOf('@') + 1);
  const found = await findDigest(inputs.client, repositoryPath(repository), digest, inputs.signal);
  const isThere = found !== undefined && (await mayRun({ digest, buildKey }, repository, inputs));
  return isThere ? { existingDigest: digest } : {};
}
