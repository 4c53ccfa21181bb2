import type { Logger } from '../../base/log.ts';
import type { Kube, V1Job } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { instanceLabel, stageLabel, taskLabel } from './task-order.ts';

export interface SweepParts {
  readonly kube: Pick<Kube, 'listJobs' | 'deleteJob'>;
  readonly log: Logger;
}

/**
 * Deletes tests and checks that a server has left behind that was killed: nobody waits for their end. Never rejects.
 * @param instance of this server, whose own it leaves alone
 * @param remotes those that it serves
 */
export async function sweepTasks(
  { kube, log }: SweepParts,
  instance: string,
  remotes: readonly Pick<Remote, 'namespace' | 'uid'>[],
): Promise<void> {
  const uids = new Set(remotes.map(({ uid }) => uid));
  const isOurs = ({ metadata }: V1Job) => metadata?.ownerReferences?.some(({ uid }) => uids.has(uid)) ?? false;
  const selector = `${taskLabel},${stageLabel} in (Test,Verify),${instanceLabel}!=${instance}`;
  for (const namespace of new Set(remotes.map((one) => one.namespace))) {
    try {
      for (const job of (await kube.listJobs(namespace, selector)).filter(isOurs).filter(isUnderWay)) {
        const name = job.metadata?.name ?? '';
        await kube.deleteJob({ namespace, name }, job.metadata?.uid ?? '');
        log.info({ job: `${namespace}/${name}` }, 'deleted the Job of a task that was cut off');
      }
    } catch (error) {
      log.warn({ err: error, namespace }, 'Jobs of tasks could not be looked for');
    }
  }
}

function isUnderWay({ status }: V1Job): boolean {
  return !status?.conditions?.some(
    ({ type, status: holds }) => ['Complete', 'Failed'].includes(type) && holds === 'True',
  );
}
