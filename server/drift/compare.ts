import type { Deployer, WorkloadChange } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { workloadChanges } from '../deploys/changes.ts';
import type { SharedWith } from '../deploys/shared-workloads.ts';
import type { Release } from '../git/release.ts';
import type { Difference } from './drift.ts';

/**
 * What a release has to say about the workloads that its Remote names now. A container that only one of both knows is
 * left out: it was taken out of the Remote, or comes with the next push.
 */
export function releaseChanges(remote: Remote, release: Release): WorkloadChange[] {
  return workloadChanges(remote, release.record.images).filter(({ images }) => Object.keys(images).length > 0);
}

/** Empty: everything runs what the release says. */
export async function compare(
  deployer: Pick<Deployer, 'matches'>,
  remote: Remote,
  release: Release,
  rivals: SharedWith,
): Promise<Difference[]> {
  const differences = await deployer.matches(remote.namespace, releaseChanges(remote, release));
  return differences.map((one) => ({ ...one, rival: rivals(one, one.container) }));
}

/**
 * The part of a release that can be restored: a workload or container that is gone is not Gitkube's to create, and one that
 * two Remotes deploy would be reverted by both for ever.
 */
export function repairable(changes: readonly WorkloadChange[], differences: readonly Difference[]): WorkloadChange[] {
  const stays = (name: string, container: string) =>
    differences.some((one) => one.name === name && one.container === container && (one.runs === null || one.rival));
  return changes
    .filter(({ target }) => differences.some(({ name }) => name === target.name))
    .map(({ target, images }) => ({
      target,
      images: Object.fromEntries(Object.entries(images).filter(([container]) => !stays(target.name, container))),
    }))
    .filter(({ target, images }) =>
      differences.some(({ name, container }) => name === target.name && container in images),
    );
}
