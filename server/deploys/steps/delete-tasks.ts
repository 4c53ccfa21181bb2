import type { Tasks } from '../../tasks/tasks.ts';
import type { JournalEntry } from '../journal.ts';
import type { Step } from '../step.ts';
import { jobOf, type MigrateFacts, migrate } from './migrate.ts';

/** The release is final: nobody has to undo its migrations any more. */
export const deleteTasks: Step<MigrateFacts, object, { readonly tasks: Pick<Tasks, 'delete'> }> = {
  name: 'delete-tasks',
  always: true,
  run: async ({ migrationJobs }, { tasks }) => {
    // The push is not answered later for it: Kubernetes deletes what is left, days later.
    for (const ref of migrationJobs) void tasks.delete(ref);
    return {};
  },
};

/** Of a release that another server has decided: they would fill a quota for days. */
export async function deleteMigrations(
  tasks: Pick<Tasks, 'delete'>,
  { steps }: Pick<JournalEntry, 'steps'>,
): Promise<void> {
  const found = steps.find(({ step }) => step === migrate.name);
  const begun = found ? migrate.entry.parse(found.data).tasks : [];
  await Promise.all(begun.map((one) => tasks.delete(jobOf(one))));
}
