import {
  dryRunLines,
  type ImagesByWorkload,
  type ManifestSource,
  type PreparedManifests,
} from '../../applier/index.ts';
import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, duration, shortId } from '../../base/text.ts';
import {
  type BuildSecrets,
  type BuiltImage,
  createSecret,
  credentialsFromSecret,
  type ImageDestination,
  type ImageTarget,
  type LfsServer,
  type PlannedImage,
  registryAddress,
  type SourceTree,
} from '../../builder/index.ts';
import type { Say } from '../../deployer/index.ts';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import { describeChanges } from '../diff/describe.ts';
import type { ReleaseRecord } from '../git/release.ts';
import type { PlannedTask } from '../tasks/plan.ts';
import { buildOrigin } from './build-origin.ts';
import { readBuildSecrets } from './build-secrets.ts';
import type { DeployContext } from './context.ts';
import { lfsServerOf } from './lfs-server.ts';
import { imagesByTag, prepareManifests, targetsToInspect } from './manifests.ts';
import { findPromotion, requirePromoted } from './promotion.ts';
import type { DeployRequest } from './request.ts';
import { sharedWorkloadLines } from './shared-workloads.ts';

/** The input of a check. */
export type CheckFacts = Pick<
  DeployRequest,
  'id' | 'repository' | 'revision' | 'options' | 'principal' | 'output' | 'phases' | 'signal'
> & {
  readonly remote: Remote;
  readonly source: SourceTree & ManifestSource;
  /** Of a push. */
  readonly tasks: readonly PlannedTask[];
};

/** A deploy of which everything is checked and nothing is changed. */
export interface CheckedDeploy {
  /** The part of the Remote that is deployed. */
  readonly remote: Remote;
  /** Undefined: the Remote applies none. */
  readonly manifests: PreparedManifests | undefined;
  /** What the release says of its manifests, where none are applied and those of the release before stay. */
  readonly objects?: ReleaseRecord['objects'];
  /** Images that the registry has already; unset: nobody has looked. */
  readonly existing?: readonly Pick<BuiltImage, 'target' | 'reference'>[];
  /** What a dry run says. */
  readonly dryRun: readonly string[];
  /** Brings every image into the registry. */
  readonly makeImages: () => Promise<readonly BuiltImage[]>;
  /** What the manifests name, where that is more than these images. */
  readonly manifestImages?: ImagesByWorkload;
}

/**
 * Checks everything that can be checked before anything is built. Throws when a workload, a container, a path, a right
 * is missing or the manifests are refused.
 */
export async function checkBuild(context: DeployContext, facts: CheckFacts): Promise<CheckedDeploy> {
  const { remote, revision, source, output, signal, options } = facts;
  refuseUnfit(remote);
  const targets = [...imageTargets(remote), ...testTargets(facts.tasks)];
  // Manifests alone need neither a registry nor an engine.
  const destination = targets.length > 0 ? await findDestination(context, remote) : undefined;
  const promotion = await findPromotion(context, remote, source.commit);
  refuseRebuild(remote, options);
  const lfs = await lfsServerOf(context, remote);
  const promoted = options.noCache ? undefined : promotion?.images;
  const how = {
    ...{ signal, noCache: options.noCache, branch: revision.branch, say: output.say },
    ...(promoted && { promoted }),
    ...(lfs && { lfs }),
  };
  const { applier, builder, deployer, remotes } = context;
  const plan = async () => (destination ? builder.plan(source, destination, targets, how) : []);
  const inspect = (wanted: readonly DeploymentTarget[]) => deployer.inspect(remote.namespace, wanted);
  const [planned] = await Promise.all([plan(), remote.manifests ? undefined : inspect(remote.deployments)]);
  requirePromoted(remote, promotion, planned);
  const secrets = await readBuildSecrets(context, remote.namespace, planned);
  const ofWorkloads = planned.filter(({ target }) => target.task === undefined);
  const images = imagesByTag(ofWorkloads, source.commit);
  const describe = options.dryRun ? await describeChanges(context.kube, remote) : undefined;
  const manifests = await prepareManifests({ ...facts, applier, remotes, images, describe, say: output.say });
  if (manifests) await inspect(targetsToInspect(remote, manifests));
  for (const line of sharedWorkloadLines(remote, remotes.all())) output.say(line);
  const makeImages = async () => (destination ? buildAll(context, facts, { destination, planned, secrets, lfs }) : []);
  return { remote, manifests, existing: existingOf(planned), dryRun: dryRunOf(remote, planned, manifests), makeImages };
}

function refuseRebuild({ id, promotion }: Remote, { noCache }: CheckFacts['options']): void {
  if (!noCache || !promotion?.isRequired) return;
  throw new GitkubeError(
    'PushOptionUnknown',
    `-o no-cache does not go with ${id}, which builds nothing (spec.requirePromotion)`,
    {
      hint: `push without it, or push with it to ${promotion.from.join(' or ')}`,
    },
  );
}

/** @throws RemoteInvalid */
export function refuseUnfit(remote: Remote): void {
  const [problem] = remote.problems;
  if (problem === undefined) return;
  throw new GitkubeError('RemoteInvalid', `${remote.id} cannot deploy: ${problem}`, {
    hint: editCommand(remote),
  });
}

interface WhatToBuild {
  readonly destination: ImageDestination;
  readonly planned: readonly PlannedImage[];
  readonly secrets: BuildSecrets;
  readonly lfs: LfsServer | undefined;
}

async function buildAll(
  context: DeployContext,
  facts: CheckFacts,
  { destination, planned, secrets, lfs }: WhatToBuild,
): Promise<readonly BuiltImage[]> {
  const { source, phases, signal, principal, remote } = facts;
  const { say } = facts.output;
  const { noCache } = facts.options;
  announce(planned, say);
  phases.begin('build');
  const started = context.clock.monotonic();
  const origin = buildOrigin(facts, remote, context.urlForm());
  const how = { signal, noCache, say, secrets, origin, pushedBy: principal.name, ...(lfs && { lfs }) };
  const images = await context.builder.build(source, destination, planned, how);
  const built = images.filter((image) => image.built).length;
  if (built > 0) say(`${count(built, 'image')} built and pushed in ${duration(context.clock.monotonic() - started)}`);
  return images;
}

function imageTargets(remote: Remote): ImageTarget[] {
  return remote.deployments.flatMap(({ name, containers }) =>
    containers.map((container) => ({ deployment: name, container })),
  );
}

/** One that is skipped is not built. */
function testTargets(tasks: readonly PlannedTask[]): ImageTarget[] {
  return tasks.flatMap(({ task: { name, build }, skipped }) =>
    build && skipped === undefined ? [{ deployment: '', container: build, task: name }] : [],
  );
}

async function findDestination(context: DeployContext, remote: Remote): Promise<ImageDestination> {
  const registryUrl = remote.registry?.url || context.defaultRegistry;
  if (!registryUrl) {
    throw new GitkubeError(
      'RegistryMissing',
      `${remote.id} names no registry and this server has no default registry`,
      {
        hint: `set spec.registry.url: ${editCommand(remote)}`,
      },
    );
  }
  const place = { namespace: remote.namespace, remote: remote.name, registryUrl };
  const secretName = remote.registry?.secretName;
  if (!secretName) return place;
  const secret = await context.kube.getSecret(remote.namespace, secretName);
  if (!secret) {
    const message = `Secret ${remote.namespace}/${secretName}, which spec.registry.credentials names, does not exist`;
    throw new GitkubeError('SecretUnusable', message, {
      hint: [
        `to create it, type: ${createSecret(remote.namespace, secretName, registryAddress(registryUrl).host)}`,
        `or correct its name in spec.registry.credentials: ${editCommand(remote)}`,
      ],
    });
  }
  const credentials = credentialsFromSecret(
    { name: `${remote.namespace}/${secretName}`, type: secret.type ?? '', data: secret.data ?? {} },
    registryUrl,
  );
  return { ...place, ...(credentials && { credentials }) };
}

function announce(planned: readonly PlannedImage[], say: Say): void {
  for (const image of planned) {
    const { path, dockerfile } = image.target.container;
    if (image.existingDigest)
      say(
        `${image.label}: unchanged, ${image.promoted ? `the image of ${image.promoted.from}` : `the image of build key ${shortId(image.buildKey)}`} is there`,
      );
    else if (image.promoted) say(`${image.label}: the image of ${image.promoted.from}, nothing is built`);
    else say(`${image.label}: building ${path} with ${dockerfile}`);
  }
}

function existingOf(planned: readonly PlannedImage[]): NonNullable<CheckedDeploy['existing']> {
  return planned.flatMap(({ target, repository, existingDigest: digest }) =>
    digest === undefined ? [] : [{ target, reference: `${repository}@${digest}` }],
  );
}

function dryRunOf(
  remote: Remote,
  planned: readonly PlannedImage[],
  manifests: PreparedManifests | undefined,
): readonly string[] {
  const images = planned.map(({ target: { container }, label, repository, existingDigest, promoted }) => {
    const made = promoted
      ? `would promote the image of ${promoted.from} to`
      : `would build ${container.path} with ${container.dockerfile} as`;
    const what = existingDigest ? 'would reuse' : made;
    return `${label}: ${what} ${repository}`;
  });
  return [...images, ...changeLines(remote, manifests)];
}

/** What a deploy changes in the cluster. */
export function changeLines(remote: Remote, manifests: PreparedManifests | undefined): readonly string[] {
  const workloads = remote.deployments.map(
    ({ kind, name, containers }) =>
      `${kind} ${name}: would set the image of ${containers.map((one) => `container ${one.name}`).join(', ')}`,
  );
  return [...workloads, ...(manifests ? dryRunLines(manifests) : [])];
}
