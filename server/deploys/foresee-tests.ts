import { knownTest, passedBefore, readPassed } from '../tasks/passed-note.ts';
import type { PlannedTask } from '../tasks/plan.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { findImage, prepareTask, type TestFacts, testOrder } from './stage-tasks.ts';

/** What becomes of the tasks of a dry run: of an image that the registry has it is known whether its tests have passed. */
export async function foreseeTests(
  tasks: Pick<Tasks, 'prepare'>,
  facts: Omit<TestFacts, 'images'>,
): Promise<readonly PlannedTask[]> {
  const passed = facts.options.noCache ? [] : await readPassed(facts.repository.folder);
  const { existing = [] } = facts.checked;
  const foresee = async (planned: PlannedTask): Promise<PlannedTask> => {
    const { task, skipped } = planned;
    if (task.stage !== 'Test' || skipped !== undefined || !findImage(task, existing)) return planned;
    const ready = await prepareTask(tasks, { ...facts, images: existing }, testOrder(facts, task));
    return passed.includes(knownTest(ready)) ? { ...planned, skipped: passedBefore } : planned;
  };
  return Promise.all(facts.tasks.map(foresee));
}
