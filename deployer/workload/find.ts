import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError, type Reason } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { type Workload, type WorkloadKind, workloadKinds } from '../../kube/workload.ts';
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
  readonly hint: readonly string[];
}

/** What there is in place of a workload that is missing. */
export interface Instead {
  /** Of which other kinds there is one of its name. */
  readonly kinds: readonly WorkloadKind[];
  /** Of its kind. */
  readonly names: readonly string[];
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
  const instead = absent.map(async (one) => [one, await insteadOf(deps, one)] as const);
  checkFound(wanted, found, new Map(await Promise.all(instead)));
  return found.filter((one) => one !== undefined);
}

/** For the likeliest slips in a Remote: another kind, another name. */
async function insteadOf({ kube }: Pick<DeployerDeps, 'kube'>, { kind, namespace, name }: Wanted): Promise<Instead> {
  const others = workloadKinds.filter((one) => one !== kind);
  // Only for a better message: one try, and a missing right is no error.
  const [names, ...found] = await Promise.all([
    kube.workloadNames(kind, namespace).catch(() => []),
    ...others.map((one) => kube.getWorkload(one, namespace, name).catch(() => undefined)),
  ]);
  return { kinds: others.filter((_, index) => !isGone(found[index])), names };
}

/**
 * Throws one error that names everything that keeps these workloads from taking a new version.
 * @param instead of what is missing
 */
export function checkFound(
  wanted: readonly Wanted[],
  found: readonly (Workload | undefined)[],
  instead: ReadonlyMap<Wanted, Instead> = new Map(),
): void {
  const missing = wanted.flatMap((one, index) => whatIsMissing(one, found[index], instead.get(one)));
  const [first] = missing;
  if (!first) return;
  throw new GitkubeError(first.reason, missing.map(({ message }) => message).join('; '), {
    hint: [...new Set(missing.flatMap(({ hint }) => hint))],
  });
}

function isGone(workload: Workload | undefined): boolean {
  return !workload || workload.metadata?.deletionTimestamp !== undefined;
}

function whatIsMissing(wanted: Wanted, workload: Workload | undefined, instead?: Instead): Missing[] {
  if (!workload || isGone(workload)) return [noWorkload(wanted, instead)];
  const existing = [...containersOf(workload).keys()];
  const absent = wanted.containers.filter((name) => !existing.includes(name));
  return absent.map((name) => noContainer(wanted, name, existing));
}

/** So many names of other workloads fit in a hint. */
const maxNames = 10;

function noWorkload(wanted: Wanted, { kinds: [other], names }: Instead = { kinds: [], names: [] }): Missing {
  const { namespace, name } = wanted;
  const message = `there is no ${inWords(wanted)}`;
  if (other) {
    const hint = [`set kind: ${other} for ${name} in spec.deployments: ${editRemote}`];
    return { reason: 'WorkloadNotFound', message: `${message}, but a ${other} of that name`, hint };
  }
  const near = nearest(name, names);
  const known = near === undefined ? names : [near, ...names.filter((one) => one !== near)];
  const shown = known.length > maxNames ? [...known.slice(0, maxNames), '…'] : known;
  const create = howToCreate(wanted);
  if (shown.length === 0) return { reason: 'WorkloadNotFound', message, hint: [create] };
  const correct = `correct the name in spec.deployments (namespace ${namespace} has ${shown.join(', ')}): ${editRemote}`;
  return { reason: 'WorkloadNotFound', message, hint: [correct, `or ${create}`] };
}

/** kubectl names the container as the last part of the image. */
function howToCreate({ kind, namespace, name, containers }: Wanted): string {
  const [container, ...others] = containers;
  const create = `create ${kind} ${name}`;
  if (container === undefined) return create;
  if (others.length > 0) return `${create} with the containers ${containers.join(', ')}, whose images Gitkube replaces`;
  const whole = `${create} with a container ${container}, whose image Gitkube replaces`;
  if (kind !== 'Deployment') return whole;
  return `${whole}: kubectl -n ${namespace} create deployment ${name} --image=placeholder.invalid/${container}`;
}

function noContainer(wanted: Wanted, container: string, existing: readonly string[]): Missing {
  const near = nearest(container, existing);
  return {
    reason: 'ContainerNotFound',
    message: `${inWords(wanted)} has no container ${container}, it has ${existing.join(', ')}`,
    hint: [
      near
        ? `correct the name of the container in spec.deployments, perhaps to ${near}: ${editRemote}`
        : `name one of ${existing.join(', ')} in spec.deployments: ${editRemote}`,
    ],
  };
}
