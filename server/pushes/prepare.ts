import { dryRunLines, type ManifestSource, type PreparedManifests } from '../../applier/index.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, duration, shortId } from '../../base/text.ts';
import {
  type BuiltImage,
  credentialsFromSecret,
  type ImageDestination,
  type ImageTarget,
  type PlannedImage,
  type SourceTree,
} from '../../builder/index.ts';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import type { PushContext } from './context.ts';
import { prepareManifests, targetsToInspect } from './manifests.ts';
import type { PushOptions } from './options.ts';
import type { Page } from './page.ts';
import type { Phases } from './phases.ts';
import { rivalLines } from './rivals.ts';

/** The pre-receive step's work order: everything is known, nothing is changed. */
export interface Preparation {
  readonly remote: Remote;
  readonly repository: Repository;
  readonly source: SourceTree & ManifestSource;
  readonly options: PushOptions;
  readonly pushedBy: string;
  readonly page: Page;
  readonly phases: Phases;
  readonly signal: AbortSignal;
}

/** All that a deploy needs. */
export interface Prepared {
  readonly images: readonly BuiltImage[];
  /** Undefined: the Remote applies none. */
  readonly manifests: PreparedManifests | undefined;
}

/**
 * Checks everything that can be checked, then builds every image and pushes it to the registry. Throws before anything
 * is built when a workload, a container, a path, a right is missing or the manifests are refused.
 */
export async function prepare(context: PushContext, work: Preparation): Promise<Prepared> {
  const { remote, source, page, signal, options } = work;
  const [problem] = remote.problems;
  if (problem !== undefined) {
    throw new GitkubeError('RemoteInvalid', `${remote.id} cannot deploy: ${problem}`, {
      hint: `kubectl -n ${remote.namespace} edit remote ${remote.name}`,
    });
  }
  const targets = imageTargets(remote);
  // Manifests alone need neither a registry nor an engine.
  const destination = targets.length > 0 ? await findDestination(context, remote) : undefined;
  const noCache = options['no-cache'];
  const { applier, builder, deployer, remotes } = context;
  const plan = async () => (destination ? builder.plan(source, destination, targets, { signal, noCache }) : []);
  const inspect = (wanted: readonly DeploymentTarget[]) => deployer.inspect(remote.namespace, wanted);
  const [planned] = await Promise.all([plan(), remote.manifests ? undefined : inspect(remote.deployments)]);
  const manifests = await prepareManifests({ ...work, applier, remotes, planned, say: page.say });
  if (manifests) await inspect(targetsToInspect(remote, manifests));
  for (const line of rivalLines(remote, remotes.all())) page.say(line);
  if (options['dry-run']) throw dryRun(remote, planned, manifests, page);
  const images = destination ? await buildAll(context, work, destination, planned) : [];
  return { images, manifests };
}

async function buildAll(
  context: PushContext,
  { source, page, phases, signal, options, pushedBy }: Preparation,
  destination: ImageDestination,
  planned: readonly PlannedImage[],
): Promise<readonly BuiltImage[]> {
  announce(planned, page);
  phases.begin('build');
  const started = context.clock.monotonic();
  const noCache = options['no-cache'];
  const how = { signal, noCache, say: page.say, pushedBy };
  const images = await context.builder.build(source, destination, planned, how);
  const built = images.filter((image) => image.built).length;
  if (built > 0)
    page.say(`${count(built, 'image')} built and pushed in ${duration(context.clock.monotonic() - started)}`);
  return images;
}

function imageTargets(remote: Remote): ImageTarget[] {
  return remote.deployments.flatMap(({ name, containers }) =>
    containers.map((container) => ({ deployment: name, container })),
  );
}

async function findDestination(context: PushContext, remote: Remote): Promise<ImageDestination> {
  const registryUrl = remote.registry?.url || context.defaultRegistry;
  if (!registryUrl) {
    throw new GitkubeError('RegistryMissing', `${remote.id} names no registry and this server has no default one`, {
      hint: `set spec.registry.url: kubectl -n ${remote.namespace} edit remote ${remote.name}`,
    });
  }
  const place = { namespace: remote.namespace, remote: remote.name, registryUrl };
  const secretName = remote.registry?.secretName;
  if (!secretName) return place;
  const secret = await context.kube.getSecret(remote.namespace, secretName);
  if (!secret) {
    throw new GitkubeError('SecretUnusable', `Secret ${secretName} does not exist in namespace ${remote.namespace}`, {
      hint: `kubectl -n ${remote.namespace} create secret docker-registry ${secretName} --docker-server=${registryUrl} …`,
    });
  }
  const credentials = credentialsFromSecret(
    { name: `${remote.namespace}/${secretName}`, type: secret.type ?? '', data: secret.data ?? {} },
    registryUrl,
  );
  return { ...place, ...(credentials && { credentials }) };
}

function announce(planned: readonly PlannedImage[], page: Page): void {
  for (const image of planned) {
    const { path, dockerfile } = image.target.container;
    if (image.existingDigest)
      page.say(`${image.label}: unchanged, the image of build key ${shortId(image.buildKey)} is there`);
    else page.say(`${image.label}: building ${path} with ${dockerfile}`);
  }
}

function dryRun(
  remote: Remote,
  planned: readonly PlannedImage[],
  manifests: PreparedManifests | undefined,
  page: Page,
): GitkubeError {
  for (const image of planned) {
    const { container } = image.target;
    const what = image.existingDigest ? 'would reuse' : `would build ${container.path} with ${container.dockerfile} as`;
    page.say(`${image.label}: ${what} ${image.repository}`);
  }
  for (const { kind, name, containers } of remote.deployments) {
    page.say(`${kind} ${name}: would set ${containers.map((container) => container.name).join(', ')}`);
  }
  for (const line of manifests ? dryRunLines(manifests) : []) page.say(line);
  return new GitkubeError('DryRun', 'dry run: everything checked, nothing built and nothing changed', {
    hint: 'push again without -o dry-run to deploy',
  });
}
