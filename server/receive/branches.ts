import type { Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import type { Branches } from './refs.ts';

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
  if (remote.branch !== undefined) return { deploy: [remote.branch], running, foldsCase };
  return { deploy: running === undefined ? ['main', 'master'] : [running], running, foldsCase };
}
