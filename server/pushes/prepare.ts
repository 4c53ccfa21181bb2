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
import type { Remote } from '../../remote-crd/index.ts';
import type { PushContext } from './context.ts';
import type { PushOptions } from './options.ts';
import type { Page } from './page.ts';
import type { Phases } from './phases.ts';

/** The pre-receive step's work order: everything is known, nothing is changed. */
export interface Preparation {
  readonly remote: Remote;
  readonly source: SourceTree;
  readonly options: PushOptions;
  readonly pushedBy: string;
  readonly page: Page;
  readonly phases: Phases;
  readonly signal: AbortSignal;
}

/**
 * Checks everything that can be checked, then builds every image and pushes it to the registry. Throws before anything
 * is built when a workload, a container, a path or a right is missing.
 */
export async function prepare(context: PushContext, work: Preparation): Promise<readonly BuiltImage[]> {
  const { remote, source, page, signal, options } = work;
  const [problem] = remote.problems;
  if (problem !== undefined) {
    throw new GitkubeError('RemoteInvalid', `${remote.id} cannot deploy: ${problem}`, {
      hint: `kubectl -n ${remote.namespace} edit remote ${remote.name}`,
    });
  }
  const destination = await findDestination(context, remote);
  const noCache = options['no-cache'];
  const [planned] = await Promise.all([
    context.builder.plan(source, destination, imageTargets(remote), { signal, noCache }),
    context.deployer.inspect(remote.namespace, remote.deployments),
  ]);
  if (options['dry-run']) throw dryRun(remote, planned, page);

  announce(planned, page);
  work.phases.begin('build');
  const started = context.clock.now();
  const images = await context.builder.build(source, destination, planned, {
    signal,
    noCache,
    say: page.say,
    pushedBy: work.pushedBy,
  });
  const built = images.filter((image) => image.built).length;
  if (built > 0) page.say(`${count(built, 'image')} built and pushed in ${duration(context.clock.now() - started)}`);
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

function dryRun(remote: Remote, planned: readonly PlannedImage[], page: Page): GitkubeError {
  for (const image of planned) {
    const { container } = image.target;
    const what = image.existingDigest ? 'would reuse' : `would build ${container.path} with ${container.dockerfile} as`;
    page.say(`${image.label}: ${what} ${image.repository}`);
  }
  for (const { kind, name, containers } of remote.deployments) {
    page.say(`${kind} ${name}: would set ${containers.map((container) => container.name).join(', ')}`);
  }
  return new GitkubeError('DryRun', 'dry run: everything checked, nothing built and nothing changed', {
    hint: 'push again without -o dry-run to deploy',
  });
}
