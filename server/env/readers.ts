import { configRefs, restartAnnotation } from '../../applier/index.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { AnyObject, ConfigRef, Kube, Workload } from '../../kube/kube.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import type { DeploymentTarget } from '../../remote-crd/index.ts';

export interface ReaderDeps extends Pick<KubeDeps, 'clock' | 'log'> {
  readonly kube: Pick<Kube, 'getWorkload' | 'listWorkloads'>;
}

/** Those whose pods read settings once, and stay: each run of a CronJob reads them. */
const lastingKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Whether pods take settings from this object when they start, and never again. */
export function readsAtStart(workload: object, { kind, name }: Pick<ConfigRef, 'kind' | 'name'>): boolean {
  return configRefs(workload as AnyObject).some((ref) => ref.atStart && ref.kind === kind && ref.name === name);
}

/** Those of some workloads whose pods are to be replaced when this object changes. Others that read it are named. */
export async function readersOf(
  deps: ReaderDeps,
  targets: readonly DeploymentTarget[],
  ref: ConfigRef,
  say: (line: string) => void,
): Promise<DeploymentTarget[]> {
  const found = await Promise.all(
    targets.map(async (target) => {
      const get = () => deps.kube.getWorkload(target.kind, ref.namespace, target.name);
      return { target, workload: await retryCall(deps, get) };
    }),
  );
  const readers = found.filter(({ workload }) => workload && readsAtStart(workload, ref));
  const kept = readers.filter(({ workload }) => keepsPods(workload));
  for (const { target } of kept)
    say(`${target.name}: its pods keep the env that they were started with (${restartAnnotation})`);
  await sayOthers(deps, targets, ref, say);
  return readers.filter((one) => !kept.includes(one)).map(({ target }) => target);
}

/** Pods that read the object and belong to nothing that is deployed would be left with the old values silently. */
async function sayOthers(
  deps: ReaderDeps,
  targets: readonly DeploymentTarget[],
  ref: ConfigRef,
  say: (line: string) => void,
): Promise<void> {
  const object = `${ref.kind} ${ref.name}`;
  const isOther = ({ kind, metadata }: Workload) =>
    !targets.some((one) => one.kind === kind && one.name === metadata?.name);
  try {
    const all = await Promise.all(
      lastingKinds.map((kind) => retryCall(deps, () => deps.kube.listWorkloads(kind, ref.namespace))),
    );
    const others = all.flat().filter((one) => isOther(one) && readsAtStart(one, ref) && !keepsPods(one));
    for (const { kind, metadata } of others) {
      const restart = `kubectl -n ${ref.namespace} rollout restart ${kind.toLowerCase()}/${metadata?.name}`;
      const reads = `${kind} ${metadata?.name} reads ${object}, too, and is not of this release`;
      say(`env: ${reads}; to restart it, type: ${restart}`);
    }
  } catch (thrown) {
    say(`env: other workloads that may read ${object} cannot be listed: ${asGitkubeError(thrown).message}`);
  }
}

function keepsPods(workload: Workload | undefined): boolean {
  return workload?.metadata?.annotations?.[restartAnnotation] === 'false';
}
