import type { Applier, RenderedManifests } from '../../applier/index.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { renderManifests } from '../deploys/manifests.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { selectImages } from '../releases/release-images.ts';

/** The manifests of a release, with the images that it recorded; undefined: it has none. */
export async function releaseManifests(
  applier: Pick<Applier, 'prepare' | 'render'>,
  remote: Remote,
  repository: Repository,
  release: Release,
  signal: AbortSignal,
): Promise<RenderedManifests | undefined> {
  if (!remote.manifests) return undefined;
  const applied = await appliedBy(repository, release);
  const { released, byWorkload: images } = selectImages(remote, applied);
  using source = await repository.source(applied.commit, {}, signal);
  if (!source) throw new GitkubeError('GitFailed', `the repository no longer has commit ${applied.commit}`);
  return await renderManifests({ applier, repository, remote: released, source, images, signal }, applied);
}

/** The release that has applied what this one runs: a restart applies nothing, and keeps what was there. */
async function appliedBy(repository: Pick<Repository, 'release'>, release: Release): Promise<Release> {
  const [, number] = /^restart of releases\/(?:[^\s/]+\/)?(\d+)$/.exec(release.record.how) ?? [];
  if (number === undefined || Number(number) >= release.number) return release;
  const before = await repository.release(Number(number));
  return before && 'record' in before ? appliedBy(repository, before) : release;
}
