import { type Applier, asManifested, keyOf, type RenderedManifests } from '../../applier/index.ts';
import { asGitkubeError } from '../../base/errors.ts';
import { type Kube, refOf } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { type CommitsBetween, commitsBetween } from '../git/commits-between.ts';
import { nameOf, type Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { diffObjects, type ObjectDiff, stateOf } from './object-diff.ts';
import { releaseManifests } from './release-manifests.ts';
import { secretValues } from './secret-values.ts';

/** A container of two releases; an image is missing where one of them does not deploy it. */
export interface ImageDiff {
  /** `web/app` */
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
  readonly same: boolean;
}

export interface CommitsDiff extends CommitsBetween {
  /** The first commit lies behind the second one, or is the same. */
  readonly isAncestor: boolean;
  /** How many the first one has that the second one has not. */
  readonly onlyBefore: number;
  /** Why nobody knows. */
  readonly problem?: string;
}

/** The difference between the manifests of two releases. */
export interface ManifestsDiff {
  readonly objects: readonly ObjectDiff[];
  /** Why they are not compared: one of the releases has none, or they cannot be rendered. */
  readonly note?: string;
  readonly problem?: string;
}

export interface ManifestsParts {
  readonly applier: Pick<Applier, 'prepare' | 'render'>;
  readonly kube: Pick<Kube, 'getSecret'>;
}

const listedCommits = 20;

export function diffImages(from: Release, to: Release): ImageDiff[] {
  const [before, after] = [imagesOf(from), imagesOf(to)];
  return [...new Set([...before.keys(), ...after.keys()])].map((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    const images = { ...(old !== undefined && { from: old }), ...(now !== undefined && { to: now }) };
    return { name, ...images, same: digestOf(old) === digestOf(now) };
  });
}

function imagesOf({ record }: Release): Map<string, string> {
  return new Map(record.images.map(({ deployment, container, image }) => [`${deployment}/${container}`, image]));
}

/** The same digest is the same image, wherever it lies. */
export function digestOf(image: string | undefined): string | undefined {
  return image?.split('@').at(-1);
}

/** The commits of the second release that the first one does not have. */
export async function diffCommits(repository: Repository, from: Release, to: Release): Promise<CommitsDiff> {
  const { path } = repository;
  try {
    const [between, { total: onlyBefore }, isAncestor] = await Promise.all([
      commitsBetween(path, from.commit, to.commit, listedCommits),
      commitsBetween(path, to.commit, from.commit, 0),
      repository.isAncestor(from.commit, to.commit, {}),
    ]);
    return { ...between, onlyBefore, isAncestor };
  } catch (thrown) {
    const problem = asGitkubeError(thrown).message;
    return { list: [], total: 0, onlyBefore: 0, isAncestor: false, problem };
  }
}

/** The objects of two releases as their deploys rendered them. What cannot be rendered any more is no error. */
export async function diffManifests(
  { applier, kube }: ManifestsParts,
  remote: Remote,
  repository: Repository,
  [from, to]: readonly [Release, Release],
  signal: AbortSignal,
): Promise<ManifestsDiff> {
  if (!remote.manifests) return { objects: [] };
  const without = [from, to].filter(({ record }) => record.objects === undefined);
  if (without.length === 2) return { objects: [] };
  const [bare] = without;
  if (bare) return { objects: [], note: `${nameOf(bare)} has no manifests` };
  try {
    // One after the other: pushes wait for the same places.
    const before = byKey(await releaseManifests(applier, remote, repository, from, signal));
    const after = byKey(await releaseManifests(applier, remote, repository, to, signal));
    return { objects: diffSets(before, after, await secretValues(kube, remote)) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { objects: [], problem: asGitkubeError(thrown).message };
  }
}

type Objects = ReturnType<typeof byKey>;

function byKey(rendered: RenderedManifests | undefined) {
  return new Map((rendered ? asManifested(rendered) : []).map((object) => [keyOf(refOf(object)), object]));
}

function diffSets(before: Objects, after: Objects, secrets: readonly string[]): ObjectDiff[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old && now) return [diffObjects(old, now, secrets)];
    const only = old ?? now;
    return only ? [stateOf(refOf(only), old ? 'removed' : 'added')] : [];
  });
}
