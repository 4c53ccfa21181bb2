import type { Tasks } from '../../tasks/tasks.ts';
import type { Step } from '../step.ts';
import type { MigrateFacts } from './migrate.ts';

/** The release is final: nobody has to undo its migrations any more. */
export const deleteTasks: Step<MigrateFacts, object, { readonly tasks: Pick<Tasks, 'delete'> }> = {
  name: 'delete-tasks',
  always: true,
  run: async ({ migrationJobs }, { tasks }) => {
    // The push is not answered later for it: Kubernetes deletes what is left a day later.
    for (const ref of migrationJobs) void tasks.delete(ref);
    return {};
  },
};
