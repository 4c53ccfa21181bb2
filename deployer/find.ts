import { GitkubeError, type Reason } from '../base/errors.ts';
import type { V1Deployment } from '../kube/kube.ts';
import { containersOf } from './containers.ts';

export interface Wanted {
  readonly namespace: string;
  readonly name: string;
  /** Names of containers and init containers. */
  readonly containers: readonly string[];
}

interface Missing {
  readonly reason: Reason;
  readonly message: string;
  readonly hint: string;
}

/** Throws one error that names everything that keeps these Deployments from taking a new version. */
export function checkFound(wanted: readonly Wanted[], found: readonly (V1Deployment | undefined)[]): void {
  const missing = wanted.flatMap((one, index) => whatIsMissing(one, found[index]));
  const [first] = missing;
  if (!first) return;
  throw new GitkubeError(first.reason, missing.map(({ message }) => message).join('; '), {
    hint: [...new Set(missing.map(({ hint }) => hint))],
  });
}

function whatIsMissing(wanted: Wanted, deployment: V1Deployment | undefined): Missing[] {
  if (!deployment || deployment.metadata?.deletionTimestamp) return [noDeployment(wanted)];
  const existing = [...containersOf(deployment).keys()];
  const absent = wanted.containers.filter((name) => !existing.includes(name));
  return absent.map((name) => noContainer(wanted, name, existing));
}

function noDeployment({ namespace, name }: Wanted): Missing {
  return {
    reason: 'WorkloadNotFound',
    message: `there is no Deployment ${name} in namespace ${namespace}`,
    hint: `apply the Deployment first, with any image: Gitkube replaces it (kubectl -n ${namespace} get deployments shows those that exist)`,
  };
}

function noContainer({ namespace, name }: Wanted, container: string, existing: readonly string[]): Missing {
  const near = closest(container, existing);
  return {
    reason: 'ContainerNotFound',
    message: `Deployment ${name} in namespace ${namespace} has no container ${container}, it has ${existing.join(', ')}`,
    hint: near
      ? `did you mean ${near}? change the container's name in the Remote: kubectl -n ${namespace} edit remote`
      : `name one of ${existing.join(', ')} in the Remote: kubectl -n ${namespace} edit remote`,
  };
}

/** The candidate that `name` most likely is a slip of, if any is near enough: a third of its letters may differ. */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
