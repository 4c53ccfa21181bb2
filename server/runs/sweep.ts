import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Kube, V1Pod } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';

/** On the pods of runs: the instance of the server that has them. */
export const runLabel = 'gitkube.sh/run';

type Owner = Pick<Remote, 'namespace' | 'uid'>;

export interface SweepParts {
  readonly kube: Pick<Kube, 'listPods' | 'deletePod'>;
  readonly log: Logger;
  /** Names of pods whose run is under way. */
  readonly inUse: ReadonlySet<string>;
}

/** Deletes the pods of runs that have ended, here or in a server that was killed. */
export async function sweepPods({ kube, log, inUse }: SweepParts, remotes: readonly Owner[]): Promise<void> {
  const uids = new Set(remotes.map(({ uid }) => uid));
  const isOurs = ({ metadata }: V1Pod) => metadata?.ownerReferences?.some(({ uid }) => uids.has(uid)) ?? false;
  const isLeft = ({ metadata }: V1Pod) => !metadata?.deletionTimestamp && !inUse.has(metadata?.name ?? '');
  for (const namespace of new Set(remotes.map((one) => one.namespace))) {
    try {
      const pods = (await kube.listPods(namespace, runLabel)).filter((pod) => isOurs(pod) && isLeft(pod));
      for (const { metadata } of pods) {
        await kube.deletePod(namespace, metadata?.name ?? '', metadata?.uid ?? '');
        log.info({ pod: `${namespace}/${metadata?.name}` }, 'deleted the pod of a run that was cut off');
      }
    } catch (thrown) {
      log.warn({ err: asGitkubeError(thrown), namespace }, 'pods of runs that were cut off are not deleted yet');
    }
  }
}
