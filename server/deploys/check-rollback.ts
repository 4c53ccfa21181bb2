import { GitkubeError } from '../../base/errors.ts';
import { gitPush } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { describeChanges } from '../diff/describe.ts';
import { nameOf, type Release } from '../git/release.ts';
import { type SelectedImages, selectImages } from '../releases/release-images.ts';
import { type CheckedDeploy, type CheckFacts, changeLines, refuseUnfit } from './check-build.ts';
import type { DeployContext } from './context.ts';
import { prepareManifests, targetsToInspect } from './manifests.ts';
import { registryCredentials } from './registry-credentials.ts';
import { sharedWorkloadLines } from './shared-workloads.ts';

/**
 * Checks everything that can be checked before a release runs again. Its recorded images run, whatever the Remote says
 * of builds by now: nothing is planned or built.
 * @throws ReleaseUnusable when one of them is gone
 */
export async function checkRollback(
  context: DeployContext,
  facts: CheckFacts,
  release: Release,
): Promise<CheckedDeploy> {
  const { output, signal } = facts;
  refuseUnfit(facts.remote);
  const selected = selectImages(asItWas(facts, release), release);
  for (const line of selected.lines) output.say(line);
  if (selected.images.length === 0 && !selected.remote.manifests) throw nothingInCommon(facts, release);
  const { applier, deployer, remotes } = context;
  const { remote, images } = selected;
  const inspect = (wanted: Remote['deployments']) => deployer.inspect(remote.namespace, wanted);
  await Promise.all([
    requireImages(context, facts, release, needed(selected, remote)),
    remote.manifests ? undefined : inspect(remote.deployments),
  ]);
  const manifests = await prepareManifests({
    ...facts,
    applier,
    remotes,
    // The manifests of that commit may have placeholders for containers that the Remote no longer names.
    remote: selected.released,
    images: selected.byWorkload,
    describe: facts.options.dryRun ? await describeChanges(context.kube, remote) : undefined,
    signal,
    say: output.say,
  });
  if (manifests) await inspect(targetsToInspect(remote, manifests));
  for (const line of sharedWorkloadLines(remote, remotes.all())) output.say(line);
  const dryRun = [
    ...images.map(({ label, reference }) => `${label}: would run ${reference}`),
    ...changeLines(remote, manifests),
  ];
  return { remote, manifests, dryRun, manifestImages: selected.byWorkload, makeImages: async () => images };
}

/** The release of a Remote that applied no manifests then applies none now: its commit may have none. */
function asItWas({ remote, output }: CheckFacts, release: Release): Remote {
  const { manifests, ...others } = remote;
  if (manifests === undefined || release.record.objects !== undefined) return remote;
  output.say(`${nameOf(release)} has no manifests: objects that later releases applied stay as they are`);
  return others;
}

/** Without manifests, containers that the Remote no longer names run nothing of this release. */
function needed({ images, byWorkload }: SelectedImages, { manifests }: Remote): readonly string[] {
  if (!manifests) return images.map(({ reference }) => reference);
  return Object.values(byWorkload).flatMap((containers) => Object.values(containers));
}

/** An image of the release that is gone is found before anything is changed, and not by a node that cannot pull it. */
async function requireImages(
  context: DeployContext,
  { remote, revision: { branch }, output, signal }: CheckFacts,
  release: Release,
  references: readonly string[],
): Promise<void> {
  const credentials = await registryCredentials(context, remote);
  const { gone, unknown } = await context.builder.findRecorded(references, credentials, signal);
  for (const { reference, error } of unknown) {
    output.say(`cannot check whether ${reference} still exists (${error.message}); the nodes will try to pull it`);
  }
  if (gone.length === 0) return;
  throw new GitkubeError('ReleaseUnusable', `the registry no longer has ${gone.join(', ')} of ${nameOf(release)}`, {
    hint: `build it again from its commit: ${gitPush({ options: ['-f', '-o', 'no-cache'], from: release.commit, to: branch })}`,
  });
}

function nothingInCommon({ remote, revision: { branch } }: CheckFacts, release: Release): GitkubeError {
  const { commit } = release;
  const message = `${nameOf(release)} has no image for the containers that ${remote.id} deploys`;
  return new GitkubeError('ReleaseUnusable', message, {
    hint: `build what it deploys now from that commit: ${gitPush({ options: ['-f', '-o', 'no-cache'], from: commit, to: branch })}`,
  });
}
