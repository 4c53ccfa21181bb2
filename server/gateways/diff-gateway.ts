import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { type Remote, type Remotes, remoteIdOf } from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { DeploysUnderWay } from '../deploys/deploys-under-way.ts';
import { firstPush } from '../deploys/own-target.ts';
import { clipped } from '../diff/clip.ts';
import { diffEnv, type EnvDiff, type EnvParts } from '../diff/env-diff.ts';
import { diffLive, type LiveDiffParts } from '../diff/live-diff.ts';
import type { ObjectDiff } from '../diff/object-diff.ts';
import { DiffPlaces } from '../diff/places.ts';
import {
  type CommitsDiff,
  diffCommits,
  diffImages,
  diffManifests,
  type ImageDiff,
  type ManifestsDiff,
} from '../diff/release-diff.ts';
import { differing } from '../env/env-data.ts';
import type { Release } from '../git/release.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import { findRelease } from '../releases/find-release.ts';
import { lastRelease } from '../releases/last-release.ts';

export interface DiffGatewayOptions extends ChoiceParts, LiveDiffParts, EnvParts {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'all'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly underWay: Pick<DeploysUnderWay, 'of'>;
  readonly clock: Clock;
}

/** What runs, compared with the last release. */
export interface LiveDiff {
  /** `<namespace>/<name>` */
  readonly remote: string;
  readonly release: number;
  /** RFC 3339. */
  readonly comparedAt: string;
  readonly same: boolean;
  /** Those that differ, cannot be compared, or differ in what a deploy leaves alone. */
  readonly objects: readonly ObjectDiff[];
  /** How many changes are not listed. */
  readonly more: number;
  /** What could not be compared at all. */
  readonly problems: readonly string[];
  /** Deploys that were under way: what they change is not released yet. */
  readonly underWay: readonly string[];
}

/** Two releases. */
export interface ReleaseDiff extends Omit<ManifestsDiff, 'objects'> {
  readonly remote: string;
  readonly from: ReleaseName;
  readonly to: ReleaseName;
  readonly same: boolean;
  readonly images: readonly ImageDiff[];
  readonly commits: CommitsDiff;
  readonly objects: readonly ObjectDiff[];
  readonly more: number;
  /** Absent: of neither anything is known. */
  readonly env?: EnvDiff;
}

interface ReleaseName {
  readonly release: number;
  readonly commit: string;
}

/** What differs between the releases of a key's Remotes, and from what runs. Changes nothing. */
export class DiffGateway {
  readonly #options: DiffGatewayOptions;
  readonly #places = new DiffPlaces();

  constructor(options: DiffGatewayOptions) {
    this.#options = options;
  }

  /**
   * @param name undefined: the only Remote of this key
   * @throws RemoteUnknown; ServedElsewhere; UsageInvalid; ReleaseNotFound; ServerBusy; ManifestsInvalid; ManifestsToolFailed
   */
  async live(name: RemoteName | undefined, principal: Principal, signal: AbortSignal): Promise<LiveDiff> {
    const { underWay, remotes, clock } = this.#options;
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    using _place = this.#places.take(remoteIdOf(remote));
    const { repository, last: release } = await this.#open(remote);
    const request = { remote, remotes: remotes.all(), repository, release, signal };
    const { objects, problems } = await diffLive(this.#options, request);
    return {
      remote: remote.id,
      release: release.number,
      comparedAt: new Date(clock.now()).toISOString(),
      same: objects.every(isSame) && problems.length === 0,
      ...clipped(objects),
      problems,
      underWay: underWay.of(remote).map(({ label }) => label),
    };
  }

  /**
   * @param numbers of the releases; without the second one, it is the last release
   * @throws as `live`
   */
  async releases(
    name: RemoteName | undefined,
    [a, b]: readonly [number, number | undefined],
    principal: Principal,
    signal: AbortSignal,
  ): Promise<ReleaseDiff> {
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    using _place = this.#places.take(remoteIdOf(remote));
    const { repository, last } = await this.#open(remote);
    const from = await findRelease(repository, remote, a);
    const to = b === undefined ? last : await findRelease(repository, remote, b);
    const images = diffImages(from, to);
    const [commits, { objects, ...manifests }, env] = await Promise.all([
      diffCommits(repository, from, to),
      diffManifests(this.#options, remote, repository, [from, to], signal),
      diffEnv(this.#options, remote, repository, [from, to]),
    ]);
    const isSameCode = from.commit === to.commit && images.every(({ same }) => same);
    const isSameVersion = isSameCode && objects.every(isSame) && isSameEnv(env);
    return {
      remote: remote.id,
      from: nameOf(from),
      to: nameOf(to),
      same: isSameVersion && Object.keys(manifests).length === 0,
      images,
      commits,
      ...clipped(objects),
      ...manifests,
      ...(env && { env }),
    };
  }

  async #open(remote: Remote): Promise<{ repository: Repository; last: Release }> {
    const repository = await this.#options.repositories.findOf(remote);
    const last = repository && lastRelease(await repository.history(), repository.environment);
    if (!repository || !last) throw nothingReleased(remote);
    return { repository, last };
  }
}

function nothingReleased(remote: Remote): GitkubeError {
  return new GitkubeError('ReleaseNotFound', `nothing was released to ${remote.id} yet`, {
    hint: firstPush(remote),
  });
}

function nameOf({ number: release, commit }: Release): ReleaseName {
  return { release, commit };
}

function isSameEnv(env: EnvDiff | undefined): boolean {
  return env === undefined || (differing(env).length === 0 && env.note === undefined && env.problem === undefined);
}

function isSame({ state }: ObjectDiff): boolean {
  return state === 'same';
}
