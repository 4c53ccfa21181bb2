import { isDeepStrictEqual } from 'node:util';
import { GitkubeError } from '../../base/errors.ts';
import { type BuiltImage, credentialsFromSecret, type RegistryCredentials } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { type SelectedImages, selectImages } from '../releases/release-images.ts';
import type { PushContext } from './context.ts';
import { workloadChanges } from './deploy-release.ts';
import { prepareManifests, targetsToInspect } from './manifests.ts';
import { type CheckedDeploy, changeLines, type Preparation, refuseUnfit } from './prepare.ts';
import { releasedImage } from './release.ts';
import { sharedWorkloadLines } from './shared-workloads.ts';

const shownReleases = 5;

/** @throws ReleaseNotFound with those that there are, ReleaseUnusable when its tag cannot be read */
export async function findRelease(
  repository: Pick<Repository, 'history'>,
  { id }: Pick<Remote, 'id'>,
  number: number,
): Promise<Release> {
  const { releases, unreadable } = await repository.history();
  const found = releases.find((release) => release.number === number);
  if (found) return found;
  const damaged = unreadable.find((release) => release.number === number);
  if (damaged) {
    throw new GitkubeError('ReleaseUnusable', `the tag releases/${number} cannot be read: ${damaged.why}`, {
      hint: `build it again from its commit: git push -f dev ${damaged.commit}:refs/heads/<branch>`,
    });
  }
  const last = releases.slice(0, shownReleases).map((one) => `releases/${one.number}`);
  const known = `the last ones are ${last.join(', ')}; all of them: git ls-remote --tags dev`;
  throw new GitkubeError('ReleaseNotFound', `${id} has no releases/${number}`, {
    hint: last.length > 0 ? known : 'nothing was released yet',
  });
}

/** Whether a release is what runs: then there is nothing to roll back to. */
export async function isRunning(
  { deployer }: Pick<PushContext, 'deployer'>,
  repository: Repository,
  release: Release,
  {
    remote,
    images,
    current,
  }: Pick<CheckedDeploy, 'remote'> & { images: readonly BuiltImage[]; current: string | undefined },
): Promise<boolean> {
  const [latest] = await repository.releases();
  if (!latest || current !== release.commit || latest.commit !== release.commit) return false;
  if (!isDeepStrictEqual(imagesOf(latest), imagesOf(release))) return false;
  const differences = await deployer.matches(remote.namespace, workloadChanges(remote, images.map(releasedImage)));
  return differences.length === 0;
}

/**
 * Checks everything that can be checked before a release runs again. Its recorded images run, whatever the Remote says
 * of builds by now: nothing is planned or built.
 * @throws ReleaseUnusable when one of them is gone
 */
export async function checkRollback(context: PushContext, work: Preparation, release: Release): Promise<CheckedDeploy> {
  const { page, signal } = work;
  refuseUnfit(work.remote);
  const selected = selectImages(asItWas(work, release), release);
  for (const line of selected.lines) page.say(line);
  if (selected.images.length === 0 && !selected.remote.manifests) throw nothingInCommon(work, release);
  const { applier, deployer, remotes } = context;
  const { remote, images } = selected;
  const inspect = (wanted: Remote['deployments']) => deployer.inspect(remote.namespace, wanted);
  await Promise.all([
    requireImages(context, work, release, needed(selected, remote)),
    remote.manifests ? undefined : inspect(remote.deployments),
  ]);
  const manifests = await prepareManifests({
    ...work,
    applier,
    remotes,
    // The manifests of that commit may have placeholders for containers that the Remote no longer names.
    remote: selected.released,
    images: selected.byWorkload,
    signal,
    say: page.say,
  });
  if (manifests) await inspect(targetsToInspect(remote, manifests));
  for (const line of sharedWorkloadLines(remote, remotes.all())) page.say(line);
  const dryRun = [
    ...images.map(({ label, reference }) => `${label}: would run ${reference}`),
    ...changeLines(remote, manifests),
  ];
  return { remote, manifests, dryRun, manifestImages: selected.byWorkload, makeImages: async () => images };
}

/** The release of a Remote that applied no manifests then applies none now: its commit may have none. */
function asItWas({ remote, page }: Preparation, { number, record }: Release): Remote {
  const { manifests, ...others } = remote;
  if (manifests === undefined || record.objects !== undefined) return remote;
  page.say(`releases/${number} had no manifests: what later ones have applied stays as it is`);
  return others;
}

/** Without manifests, containers that the Remote no longer names run nothing of this release. */
function needed({ images, byWorkload }: SelectedImages, { manifests }: Remote): readonly string[] {
  if (!manifests) return images.map(({ reference }) => reference);
  return Object.values(byWorkload).flatMap((containers) => Object.values(containers));
}

/** An image of the release that is gone is found before anything is changed, and not by a node that cannot pull it. */
async function requireImages(
  context: PushContext,
  { remote, branch, page, signal }: Preparation,
  { number, commit }: Release,
  references: readonly string[],
): Promise<void> {
  const credentials = await credentialsOf(context, remote);
  const { gone, unknown } = await context.builder.findRecorded(references, credentials, signal);
  for (const { reference, error } of unknown) {
    page.say(`nobody knows whether ${reference} is still there (${error.message}); the nodes try to pull it`);
  }
  if (gone.length === 0) return;
  throw new GitkubeError('ReleaseUnusable', `the registry no longer has ${gone.join(', ')} of releases/${number}`, {
    hint: `build it again from its commit: git push -f -o no-cache dev ${commit}:refs/heads/${branch}`,
  });
}

function imagesOf({ record }: Release): readonly string[] {
  return record.images.map(({ deployment, container, image }) => `${deployment}/${container} ${image}`).sort();
}

/** A registry for which the Secret has nothing may still answer without. */
async function credentialsOf(
  { kube }: PushContext,
  { namespace, registry }: Remote,
): Promise<(registryUrl: string) => RegistryCredentials | undefined> {
  const secretName = registry?.secretName;
  const secret = secretName && (await kube.getSecret(namespace, secretName));
  if (!secret) return () => undefined;
  const content = { name: `${namespace}/${secretName}`, type: secret.type ?? '', data: secret.data ?? {} };
  return (registryUrl) => {
    try {
      return credentialsFromSecret(content, registryUrl);
    } catch {
      return undefined;
    }
  };
}

function nothingInCommon({ remote, branch }: Preparation, { number, commit }: Release): GitkubeError {
  const message = `releases/${number} has no image of a container that ${remote.id} deploys`;
  return new GitkubeError('ReleaseUnusable', message, {
    hint: `build what it deploys now from that commit: git push -f -o no-cache dev ${commit}:refs/heads/${branch}`,
  });
}
