import type { Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';

/** Which branches a Remote has. */
export interface Branches {
  readonly remote: Pick<Remote, 'id' | 'namespace' | 'deployments'>;
  /** The deploy branch; main and master as long as neither was released. */
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
  const deploy = remote.branch === undefined && running !== undefined ? [running] : branchesBefore(remote);
  return { remote, deploy, running, foldsCase };
}

/** As long as nothing was released. */
export function branchesBefore({ branch }: Pick<Remote, 'branch'>): readonly string[] {
  return branch === undefined ? ['main', 'master'] : [branch];
}
