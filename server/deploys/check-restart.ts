import { workloadKinds } from '../../kube/workload.ts';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import { selectImages } from '../releases/release-images.ts';
import { type CheckedDeploy, type CheckFacts, refuseUnfit } from './check-build.ts';
import type { DeployContext } from './context.ts';
import { targetsOfOthers } from './manifests.ts';

/**
 * Checks that the workloads of what runs are there and take a change. Neither their images nor the manifests are looked
 * at: a restart changes none of them.
 */
export async function checkRestart(
  { deployer, remotes }: DeployContext,
  { remote, output }: CheckFacts,
  release: Release,
): Promise<CheckedDeploy> {
  refuseUnfit(remote);
  const { images } = selectImages(remote, release);
  const applied = appliedWorkloads(remote, release, targetsOfOthers(remotes.all(), remote));
  const { manifests: _, ...others } = remote;
  const restarted = { ...others, deployments: [...remote.deployments, ...applied] };
  await deployer.inspect(remote.namespace, restarted.deployments);
  const rolling = restarted.deployments.filter(({ kind }) => kind !== 'CronJob');
  for (const { kind, name } of restarted.deployments) {
    if (kind === 'CronJob') output.say(`${name}: a CronJob has no pods of its own to restart`);
  }
  return {
    remote: restarted,
    manifests: undefined,
    objects: release.record.objects,
    dryRun: rolling.map(({ name }) => `${name}: would replace its pods`),
    makeImages: async () => images,
  };
}

/** Workloads that only the manifests of the release have, and no other Remote deploys. */
function appliedWorkloads(
  { namespace, deployments }: Remote,
  { record }: Release,
  others: readonly DeploymentTarget[],
): DeploymentTarget[] {
  const named = [...deployments, ...others];
  return (record.objects ?? []).flatMap(({ kind: found, name, namespace: own = namespace }) => {
    const kind = workloadKinds.find((one) => one === found);
    const isNamed = named.some((one) => one.kind === found && one.name === name);
    return kind && own === namespace && !isNamed ? [{ kind, name, containers: [] }] : [];
  });
}
