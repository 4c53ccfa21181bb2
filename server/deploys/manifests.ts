import {
  type AppliedObject,
  type Applier,
  type Describe,
  holds,
  type ImagesByWorkload,
  type ManifestSource,
  type PreparedManifests,
  type RenderedManifests,
} from '../../applier/index.ts';
import type { BuiltImage, PlannedImage } from '../../builder/index.ts';
import type { Companion, Say, WorkloadChange } from '../../deployer/index.ts';
import { workloadKinds } from '../../kube/index.ts';
import type { DeploymentTarget, Remote, Remotes } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';

/** Of so many releases objects are looked for that are no longer wanted: what could not be deleted is tried again. */
const releasesBack = 10;

export interface ManifestsOrder {
  readonly applier: Pick<Applier, 'prepare' | 'render'>;
  readonly repository: Repository;
  readonly remote: Remote;
  readonly remotes: Pick<Remotes, 'entries'>;
  /** What a dry run says of each object that would change; unset: nobody asks. */
  readonly describe?: Describe | undefined;
  readonly source: ManifestSource & { readonly commit: string };
  /** The names that the images will have. */
  readonly images: ImagesByWorkload;
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** Renders and tries out what the Remote's manifests are in this commit; undefined: it applies none. */
export async function prepareManifests(order: ManifestsOrder): Promise<PreparedManifests | undefined> {
  const { applier, remote, source, images, describe, signal, say } = order;
  const remotes = () => order.remotes.entries().filter(({ deleting }) => !deleting);
  const spec = remote.manifests;
  if (!spec) return undefined;
  const { releases, next: number } = await order.repository.history();
  const inventories = releases.slice(0, releasesBack).map(({ record }) => record.objects ?? []);
  return applier.prepare({ remote, remotes, spec, source, images, inventories, number, describe, signal, say });
}

/**
 * Renders what the manifests of a release are, as its deploy did: a chart gets its number, and is installed by the first one.
 * @param order with the images that the release recorded
 */
export async function renderManifests(
  { repository, ...order }: Omit<ManifestsOrder, 'describe' | 'remotes' | 'say'>,
  { number, record }: Release,
): Promise<RenderedManifests | undefined> {
  const spec = order.remote.manifests;
  // The release of a Remote that applied no manifests then has none, although its commit may.
  if (!spec || record.objects === undefined) return undefined;
  const earlier = (await repository.releases()).filter((one) => one.number < number);
  const previous = record.previous === undefined ? undefined : await repository.release(record.previous);
  const known = earlier.length > 0 || !previous || !('record' in previous) ? earlier : [previous];
  const inventories = known.map((one) => one.record.objects ?? []);
  return order.applier.render({ ...order, spec, inventories, number, say: () => {} });
}

/** Of an image that is still to be built the digest is not known yet. */
export function imagesByTag(planned: readonly PlannedImage[], commit: string): ImagesByWorkload {
  return byWorkload(planned, ({ repository, existingDigest }) =>
    existingDigest === undefined ? `${repository}:${commit}` : `${repository}@${existingDigest}`,
  );
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

/** What has to exist before the push: not the workloads that the manifests create. */
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
 * The changes of a release as its workloads are after the manifests were applied, and those that only the manifests
 * have: the exit code of a push says whether that version runs.
 * @param others workloads that other Remotes deploy: their own pushes report what they run
 */
export function changesAfter(
  remote: Remote,
  changes: readonly WorkloadChange[],
  manifests: PreparedManifests,
  others: readonly DeploymentTarget[],
  applied: readonly AppliedObject[],
): WorkloadChange[] {
  const more = awaited(remote, manifests, others)
    .filter(({ kind, name }) => !changes.some(({ target }) => target.kind === kind && target.name === name))
    .map((target) => ({ target, images: {} }));
  return [...changes, ...more].map((change) => {
    const { kind, name } = change.target;
    const specChanged = applied.some((one) => one.specChanged && one.ref.kind === kind && one.ref.name === name);
    return specChanged ? { ...change, applied: true } : change;
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
  return manifests.objects.flatMap(({ kind: found, metadata: { name } }) => {
    const kind = workloadKinds.find((one) => one === found);
    const isNamed = (one: DeploymentTarget) => one.kind === found && one.name === name;
    const isOurs = remote.deployments.some(isNamed) || !others.some(isNamed);
    return kind && isOurs ? [{ kind, name, containers: [] }] : [];
  });
}

/** What a deploy waits for beside the rollouts of these changes: every other object that was applied. */
export function companionOf(
  applier: Pick<Applier, 'unready' | 'waitUntilReady'>,
  manifests: PreparedManifests,
  applied: readonly AppliedObject[],
  { changes, others, ...options }: CompanionOptions,
): Companion {
  const rolledOut = changes.map(({ target }) => target);
  const own = applied.filter(({ ref }) => isAmong(rolledOut, ref) || !isAmong(others, ref));
  const unready = (failed: readonly NamedObject[]) => applier.unready(manifests, own, (ref) => isAmong(failed, ref));
  const wait = { ...options, unready: (failed: NamedObject) => unready([failed]) };
  return {
    wait: (signal, party) =>
      applier.waitUntilReady(
        manifests,
        own.filter(({ ref }) => !isAmong(rolledOut, ref)),
        { ...wait, signal, party },
      ),
    unready,
  };
}

interface NamedObject {
  readonly kind: string;
  readonly name: string;
}

function isAmong(list: readonly NamedObject[], { kind, name }: NamedObject): boolean {
  return list.some((one) => one.kind === kind && one.name === name);
}

export interface CompanionOptions {
  readonly changes: readonly WorkloadChange[];
  /** Workloads that other Remotes deploy. */
  readonly others: readonly DeploymentTarget[];
  readonly timeoutSeconds: number;
  /** The workloads among the manifests were ready before the deploy. */
  readonly ranBefore?: boolean;
  readonly say: Say;
}
