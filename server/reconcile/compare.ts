import type { Deployer, WorkloadChange, WorkloadDifference } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import { workloadChanges } from '../pushes/deploy-release.ts';

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
): Promise<WorkloadDifference[]> {
  return deployer.matches(remote.namespace, releaseChanges(remote, release));
}

/** The part of a release that can be set back: a workload or container that is gone is not Gitkube's to make. */
export function repairable(
  changes: readonly WorkloadChange[],
  differences: readonly WorkloadDifference[],
): WorkloadChange[] {
  const gone = (name: string, container: string) =>
    differences.some((one) => one.name === name && one.container === container && one.runs === null);
  return changes
    .filter(({ target }) => differences.some(({ name }) => name === target.name))
    .map(({ target, images }) => ({
      target,
      images: Object.fromEntries(Object.entries(images).filter(([container]) => !gone(target.name, container))),
    }))
    .filter(({ target, images }) =>
      differences.some(({ name, container }) => name === target.name && container in images),
    );
}
