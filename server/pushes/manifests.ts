import {
  type AppliedObject,
  type Applier,
  holds,
  type ImagesByWorkload,
  type ManifestSource,
  type PreparedManifests,
} from '../../applier/index.ts';
import type { BuiltImage, PlannedImage } from '../../builder/index.ts';
import type { Deployer, Say, WorkloadChange } from '../../deployer/index.ts';
import { workloadKinds } from '../../kube/index.ts';
import type { DeploymentTarget, Remote, Remotes } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import type { JournalEntry } from './journal.ts';

/** Of so many releases objects are looked for that are no longer wanted: what could not be deleted is tried again. */
const releasesBack = 10;

export interface ManifestsOrder {
  readonly applier: Applier;
  readonly repository: Repository;
  readonly remote: Remote;
  readonly remotes: Pick<Remotes, 'entries'>;
  readonly source: ManifestSource & { readonly commit: string };
  readonly planned: readonly PlannedImage[];
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** Renders and tries out what the Remote's manifests are in this commit; undefined: it applies none. */
export async function prepareManifests(order: ManifestsOrder): Promise<PreparedManifests | undefined> {
  const { applier, remote, source, planned, signal, say } = order;
  const remotes = () => order.remotes.entries().filter(({ deleting }) => !deleting);
  const spec = remote.manifests;
  if (!spec) return undefined;
  const releases = await order.repository.releases();
  const inventories = releases.slice(0, releasesBack).map(({ record }) => record.objects ?? []);
  const reference = ({ repository, existingDigest }: PlannedImage) =>
    existingDigest === undefined ? `${repository}:${source.commit}` : `${repository}@${existingDigest}`;
  const images = byWorkload(planned, reference);
  return applier.prepare({ remote, remotes, spec, source, images, inventories, signal, say });
}

export function imagesByDigest(images: readonly BuiltImage[]): ImagesByWorkload {
  return byWorkload(images, ({ reference }) => reference);
}

function byWorkload<T extends PlannedImage>(images: readonly T[], reference: (image: T) => string): ImagesByWorkload {
  const found: Record<string, Record<string, string>> = {};
  for (const image of images) {
    const { deployment, container } = image.target;
    found[deployment] = { ...found[deployment], [container.name]: reference(image) };
  }
  return found;
}

/** What has to be there before the push: of workloads that the manifests make, nothing. */
export function targetsToInspect(remote: Remote, manifests: PreparedManifests): DeploymentTarget[] {
  return remote.deployments.filter(({ kind, name }) => !holds(manifests, kind, name));
}

/** The workloads of the manifests that a push waits for and that are there already. */
export function targetsBefore(
  remote: Remote,
  manifests: PreparedManifests,
  others: readonly DeploymentTarget[],
): DeploymentTarget[] {
  return awaited(remote, manifests, others).filter(({ kind, name }) =>
    manifests.checked.some(({ object, exists }) => exists && object.kind === kind && object.metadata.name === name),
  );
}

/**
 * The changes of a release as its workloads are after the manifests were applied. A Remote that deploys nothing waits
 * for the workloads of its manifests: the exit code of a push tells whether that version runs.
 * @param others workloads that other Remotes deploy: what they run is told by those pushes
 */
export function changesAfter(
  remote: Remote,
  changes: readonly WorkloadChange[],
  manifests: PreparedManifests,
  others: readonly DeploymentTarget[],
  applied: readonly AppliedObject[],
): WorkloadChange[] {
  const own =
    remote.deployments.length > 0
      ? changes
      : awaited(remote, manifests, others).map((target) => ({ target, images: {} }));
  return own.map((change) => {
    const { kind, name } = change.target;
    const acts = applied.some((one) => one.acts && one.ref.kind === kind && one.ref.name === name);
    return acts ? { ...change, applied: true } : change;
  });
}

/** What the other Remotes of the namespace deploy. */
export function targetsOfOthers(remotes: readonly Remote[], remote: Remote): DeploymentTarget[] {
  const others = remotes.filter(({ namespace, id }) => namespace === remote.namespace && id !== remote.id);
  return others.flatMap(({ deployments }) => deployments);
}

function awaited(
  remote: Remote,
  manifests: PreparedManifests,
  others: readonly DeploymentTarget[],
): DeploymentTarget[] {
  if (remote.deployments.length > 0) {
    return remote.deployments
      .filter(({ kind, name }) => holds(manifests, kind, name))
      .map((target) => ({ ...target, containers: [] }));
  }
  return manifests.objects.flatMap(({ kind: found, metadata: { name } }) => {
    const kind = workloadKinds.find((one) => one === found);
    const isTheirs = others.some((one) => one.kind === found && one.name === name);
    return kind && !isTheirs ? [{ kind, name, containers: [] }] : [];
  });
}

/** Puts objects back, then waits for the workloads among them that ran before. */
export async function putBackManifests(
  {
    applier,
    deployer,
  }: { readonly applier: Pick<Applier, 'putBack'>; readonly deployer: Pick<Deployer, 'waitUntilBack'> },
  { manifests, before }: JournalEntry,
  options: { readonly say: Say; readonly timeoutSeconds: number },
): Promise<void> {
  if (!manifests) return;
  const restored = await applier.putBack(manifests, options.say);
  const changed = (before ?? []).filter((one) =>
    restored.some(({ kind, name }) => kind === one.kind && name === one.name),
  );
  await deployer.waitUntilBack(changed, options);
}
