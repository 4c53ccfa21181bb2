import { isDeepStrictEqual } from 'node:util';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { releasedImage, workloadChanges } from './changes.ts';
import type { DeployContext } from './context.ts';

/** Whether a release is what runs: then there is nothing to roll back to. */
export async function isRunning(
  { deployer }: Pick<DeployContext, 'deployer'>,
  repository: Repository,
  release: Release,
  {
    remote,
    images,
    current,
  }: { readonly remote: Remote; readonly images: readonly BuiltImage[]; readonly current: string | undefined },
): Promise<boolean> {
  const [latest] = await repository.releases();
  if (!latest || current !== release.commit || latest.commit !== release.commit) return false;
  if (!isDeepStrictEqual(imagesOf(latest), imagesOf(release))) return false;
  const differences = await deployer.matches(remote.namespace, workloadChanges(remote, images.map(releasedImage)));
  return differences.length === 0;
}

function imagesOf({ record }: Release): readonly string[] {
  return record.images.map(({ deployment, container, image }) => `${deployment}/${container} ${image}`).sort();
}
