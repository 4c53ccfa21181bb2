import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';

/** Which other Remote deploys a container, too. */
export type SharedWith = (workload: Pick<DeploymentTarget, 'kind' | 'name'>, container: string) => string | undefined;

/** @param remotes all that there are; of two environments of one Remote only one may name it */
export function sharedWith(remote: Remote, remotes: readonly Remote[]): SharedWith {
  const others = remotes.filter(({ namespace, uid }) => namespace === remote.namespace && uid !== remote.uid);
  return (workload, container) =>
    others.find(({ deployments }) =>
      deployments.some(
        ({ kind, name, containers }) =>
          kind === workload.kind && name === workload.name && containers.some((one) => one.name === container),
      ),
    )?.id;
}

/** What the pusher reads: nobody else would say why a later push of the other one replaces this. */
export function sharedWorkloadLines(remote: Remote, remotes: readonly Remote[]): string[] {
  const rivals = sharedWith(remote, remotes);
  return remote.deployments.flatMap((workload) =>
    workload.containers.flatMap(({ name }) => {
      const rival = rivals(workload, name);
      return rival ? [`${workload.name}/${name}: the Remote ${rival} also deploys it; the last push wins`] : [];
    }),
  );
}
