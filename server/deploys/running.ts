import { isDeepStrictEqual } from 'node:util';
import type { PreparedManifests } from '../../applier/index.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { recordedEnv } from '../env/env-of-remote.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { releasedImage, workloadChanges } from './changes.ts';
import type { DeployContext } from './context.ts';

interface Running {
  readonly remote: Remote;
  readonly images: readonly BuiltImage[];
  /** Those of the release, tried out. */
  readonly manifests: PreparedManifests | undefined;
  readonly current: string | undefined;
}

/** Whether a release is what runs, its env aside: then there is nothing to roll back to. */
export async function isRunning(
  { deployer }: Pick<DeployContext, 'deployer'>,
  repository: Repository,
  release: Release,
  { remote, images, manifests, current }: Running,
): Promise<boolean> {
  const [latest] = await repository.releases();
  if (!latest || current !== release.commit || latest.commit !== release.commit) return false;
  if (!isDeepStrictEqual(imagesOf(latest), imagesOf(release))) return false;
  if (manifests && changes(manifests)) return false;
  const differences = await deployer.matches(remote.namespace, workloadChanges(remote, images.map(releasedImage)));
  return differences.length === 0;
}

/**
 * Two releases of one commit with the same images and, where both record it, the same env. Their manifests are those of the
 * commit.
 */
export function isSameVersion(one: Release, other: Release): boolean {
  const ofOther = one.record.env && recordedEnv(other, one.record.env);
  if (one.commit !== other.commit || (ofOther && ofOther.snapshot !== one.record.env?.snapshot)) return false;
  return isDeepStrictEqual(imagesOf(one), imagesOf(other));
}

function changes({ checked, surplus }: PreparedManifests): boolean {
  return surplus.length > 0 || checked.some(({ would }) => would !== 'keep');
}

function imagesOf({ record }: Release): readonly string[] {
  return record.images.map(({ deployment, container, image }) => `${deployment}/${container} ${image}`).sort();
}
