import { defaultBranches, type Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';

/** Which branches an environment has. */
export interface Branches {
  readonly remote: Pick<Remote, 'id' | 'namespace' | 'environment' | 'deployments'>;
  /** The deploy branch; main and master as long as neither was released; none of a Remote that has only environments. */
  readonly deploy: readonly string[];
  /** The branch of the newest release: what runs; undefined: nothing was released. */
  readonly running?: string | undefined;
  /** Whether names that differ in upper and lower case are one file. */
  readonly foldsCase?: boolean;
}

/**
 * Which branch deploys: the one that the Remote names; else the one that was released before; before the first release
 * main or master, whichever is pushed first.
 */
export async function branchesOf(
  remote: Remote,
  repository: Pick<Repository, 'releases' | 'foldsCase'>,
): Promise<Branches> {
  const [latest] = await repository.releases();
  const running = latest?.record.branch;
  const { foldsCase } = repository;
  // An environment that names main or master beside a Remote without a branch has a conflict, and takes nothing.
  const isOfOther =
    !defaultBranches.includes(running ?? '') && remote.environments.some((one) => one.branch === running);
  const isNamed = remote.branch !== undefined || remote.isOnlyEnvironments || isOfOther;
  const deploy = isNamed || running === undefined ? branchesBefore(remote) : [running];
  return { remote, deploy, running, foldsCase };
}

/** As long as nothing was released. */
export function branchesBefore({
  branch,
  isOnlyEnvironments,
}: Pick<Remote, 'branch' | 'isOnlyEnvironments'>): readonly string[] {
  if (isOnlyEnvironments) return [];
  return branch === undefined ? defaultBranches : [branch];
}

/** The branches of a Remote, and those of its environments. */
export interface AllBranches extends Branches {
  readonly environments: readonly Branches[];
}

/** @param repository as the environment without a name sees it */
export async function allBranchesOf(remote: Remote, repository: Repository): Promise<AllBranches> {
  const environments = remote.environments.map(async (one) => branchesOf(one, await repository.of(one.environment)));
  return { ...(await branchesOf(remote, repository)), environments: await Promise.all(environments) };
}

/** The branch that a hint names where any that deploys will do. */
export function aDeployBranch({ deploy: [branch], environments: [first] }: AllBranches): string {
  return branch ?? first?.deploy[0] ?? 'main';
}
