import { configRefs, restartAnnotation } from '../../applier/index.ts';
import type { AnyObject, ConfigRef, Kube, Workload } from '../../kube/kube.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import type { DeploymentTarget } from '../../remote-crd/index.ts';

export interface ReaderDeps extends Pick<KubeDeps, 'clock' | 'log'> {
  readonly kube: Pick<Kube, 'getWorkload'>;
}

/** Whether pods take settings from this object when they start, and never again. */
export function readsAtStart(workload: object, { kind, name }: Pick<ConfigRef, 'kind' | 'name'>): boolean {
  return configRefs(workload as AnyObject).some((ref) => ref.atStart && ref.kind === kind && ref.name === name);
}

/** Those of some workloads whose pods are to be replaced when this object changes. */
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
  return readers.filter((one) => !kept.includes(one)).map(({ target }) => target);
}

function keepsPods(workload: Workload | undefined): boolean {
  return workload?.metadata?.annotations?.[restartAnnotation] === 'false';
}
