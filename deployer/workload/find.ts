import { GitkubeError, type Reason } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { type Workload, type WorkloadKind, workloadKinds, workloadResource } from '../../kube/workload.ts';
import type { DeployerDeps } from '../deps.ts';
import { containersOf } from './containers.ts';
import { inWords, type WorkloadId } from './workload.ts';

export interface Wanted extends WorkloadId {
  /** Names of containers and init containers. */
  readonly containers: readonly string[];
}

interface Missing {
  readonly reason: Reason;
  readonly message: string;
  readonly hint: string;
}

/**
 * Reads these workloads.
 * @throws WorkloadNotFound, ContainerNotFound: one error that names all of them
 */
export async function findAll(
  deps: Pick<DeployerDeps, 'retryingKube' | 'kube'>,
  wanted: readonly Wanted[],
): Promise<Workload[]> {
  const found = await Promise.all(wanted.map((one) => deps.retryingKube.getWorkload(one)));
  const absent = wanted.filter((_, index) => isGone(found[index]));
  const others = absent.map(async (one) => [one, await otherKinds(deps, one)] as const);
  checkFound(wanted, found, new Map(await Promise.all(others)));
  return found.filter((one) => one !== undefined);
}

/** Of which other kinds there is a workload of this name: the likeliest slip in a Remote. */
async function otherKinds(
  { kube }: Pick<DeployerDeps, 'kube'>,
  { kind, namespace, name }: Wanted,
): Promise<WorkloadKind[]> {
  const others = workloadKinds.filter((one) => one !== kind);
  // Only for a better message: one try, and a missing right is no error.
  const found = await Promise.all(others.map((one) => kube.getWorkload(one, namespace, name).catch(() => undefined)));
  return others.filter((_, index) => !isGone(found[index]));
}

/**
 * Throws one error that names everything that keeps these workloads from taking a new version.
 * @param others of what is missing: the kinds of which there is one by that name
 */
export function checkFound(
  wanted: readonly Wanted[],
  found: readonly (Workload | undefined)[],
  others: ReadonlyMap<Wanted, readonly WorkloadKind[]> = new Map(),
): void {
  const missing = wanted.flatMap((one, index) => whatIsMissing(one, found[index], others.get(one) ?? []));
  const [first] = missing;
  if (!first) return;
  throw new GitkubeError(first.reason, missing.map(({ message }) => message).join('; '), {
    hint: [...new Set(missing.map(({ hint }) => hint))],
  });
}

function isGone(workload: Workload | undefined): boolean {
  return !workload || workload.metadata?.deletionTimestamp !== undefined;
}

function whatIsMissing(wanted: Wanted, workload: Workload | undefined, others: readonly WorkloadKind[]): Missing[] {
  if (!workload || isGone(workload)) return [noWorkload(wanted, others)];
  const existing = [...containersOf(workload).keys()];
  const absent = wanted.containers.filter((name) => !existing.includes(name));
  return absent.map((name) => noContainer(wanted, name, existing));
}

function noWorkload(wanted: Wanted, [other]: readonly WorkloadKind[]): Missing {
  const { kind, namespace, name } = wanted;
  const message = `there is no ${inWords(wanted)}`;
  if (other) {
    const hint = `set kind: ${other} for ${name} in spec.deployments: kubectl -n ${namespace} edit remote`;
    return { reason: 'WorkloadNotFound', message: `${message}, but a ${other} of that name`, hint };
  }
  const existing = `kubectl -n ${namespace} get ${workloadResource[kind]}`;
  const hint = `apply the ${kind} first, with any image: Gitkube replaces it (${existing} shows those that exist)`;
  return { reason: 'WorkloadNotFound', message, hint };
}

function noContainer(wanted: Wanted, container: string, existing: readonly string[]): Missing {
  const { namespace } = wanted;
  const near = nearest(container, existing);
  return {
    reason: 'ContainerNotFound',
    message: `${inWords(wanted)} has no container ${container}, it has ${existing.join(', ')}`,
    hint: near
      ? `did you mean ${near}? change the container's name in the Remote: kubectl -n ${namespace} edit remote`
      : `name one of ${existing.join(', ')} in the Remote: kubectl -n ${namespace} edit remote`,
  };
}
