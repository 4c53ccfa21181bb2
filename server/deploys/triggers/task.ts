import { findTask } from '../../tasks/find-task.ts';
import { again } from './again.ts';
import { branchOf } from './of-release.ts';
import type { DeployTrigger } from './trigger.ts';

export interface TaskWish {
  readonly name: string;
}

/** One task of the spec is to run now, with what runs. */
export const task: DeployTrigger<'task', TaskWish> = {
  kind: 'task',
  ask: async ({ name }, of) => {
    findTask(of.remote, name, await branchOf(of.remote, of.repository));
    const wanted = await again('task', { noCache: false, dryRun: false }, of);
    return { ...wanted, revision: { ...wanted.revision, task: name } };
  },
  // Half of a migration is for a human.
  endsWithClient: ({ name }, { tasks }) =>
    tasks.find((one) => one.name === name)?.stage !== 'Migrate' || 'before it migrates',
};
