import { GitkubeError } from '../../../base/errors.ts';
import type { TaskRecord } from '../../git/release.ts';
import { knownTest, passedBefore, readPassed, writePassed } from '../../tasks/passed-note.ts';
import type { ReadyTask } from '../../tasks/task-order.ts';
import type { Tasks } from '../../tasks/tasks.ts';
import type { DeployRequest } from '../request.ts';
import { prepareTask, skippedOnes, stageLine, succeeded, tasksOf, testOrder } from '../stage-tasks.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { OriginFacts } from './choose-images.ts';
import type { ComparedFacts } from './compare-running.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { PlannedTasks } from './plan-tasks.ts';

export interface TestFacts {
  readonly tested: readonly TaskRecord[];
}

type Needs = DeployRequest &
  RevisionFacts &
  RemoteFacts &
  OriginFacts &
  PlannedTasks &
  CheckedFacts &
  ImageFacts &
  Pick<ComparedFacts, 'unchanged'>;
type Context = {
  readonly tasks: Pick<Tasks, 'prepare' | 'run' | 'delete'> & { readonly reports: Pick<Tasks['reports'], 'skipped'> };
};

/** Runs the tests of a version side by side: nothing has changed yet, so nothing is to be undone when one fails. */
export const runTests: Step<Needs, TestFacts, Context> = {
  name: 'run-tests',
  run: async (facts, context) => {
    const planned = tasksOf(facts, 'Test');
    const line = stageLine(planned);
    if (facts.unchanged && !facts.options.skipDeploy) return { tested: [] };
    const records = skippedOnes(planned);
    if (line === undefined) return { tested: records };
    facts.phases.begin('test');
    facts.output.stage(line);
    const wanted = planned.filter(({ skipped }) => skipped === undefined).map(({ task }) => task);
    const ready = await Promise.all(wanted.map((task) => prepareTask(context.tasks, facts, testOrder(facts, task))));
    const known = facts.options.noCache ? [] : await readPassed(facts.repository.folder);
    const results = await Promise.allSettled(ready.map((one) => runTest(facts, context, one, known)));
    const passed = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    // Those that have passed are known when another one fails, too.
    await writePassed(
      facts.repository.folder,
      passed.map(({ key }) => key),
    ).catch(() => {});
    const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (failures.length > 0) throw allOf(failures);
    facts.phases.begin('accept');
    return { tested: [...records, ...passed.map(({ record }) => record)] };
  },
};

/** One that has passed with the same pod is not run again. */
async function runTest(
  { id, checked, commit, output, signal }: Needs,
  { tasks }: Context,
  ready: ReadyTask,
  known: readonly string[],
): Promise<{ readonly record: TaskRecord; readonly key: string }> {
  const { task, ref } = ready;
  const key = knownTest(ready);
  if (known.includes(key)) {
    output.say(`${task.name}: skipped, ${passedBefore}`);
    tasks.reports.skipped({ remote: checked.remote, deploy: id, commit }, task, passedBefore);
    return { record: { name: task.name, stage: task.stage, state: 'Skipped', why: passedBefore }, key };
  }
  const { ms } = await tasks.run(ready, { say: output.say, signal });
  await tasks.delete(ref);
  return { record: succeeded(task, ms), key };
}

/** The first one, with what the others say. */
function allOf(failures: readonly unknown[]): unknown {
  const [first, ...others] = failures;
  if (!(first instanceof GitkubeError) || others.length === 0) return first;
  const more = others.flatMap((one) => (one instanceof GitkubeError ? [one] : []));
  const message = [first, ...more].map((one) => one.message).join('; ');
  const evidence = [first, ...more].flatMap((one) => one.evidence);
  const hint = [...new Set([first, ...more].flatMap((one) => one.hint))];
  return new GitkubeError(first.reason, message, { hint, evidence });
}
