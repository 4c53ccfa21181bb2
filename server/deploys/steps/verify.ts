import type { TaskRecord } from '../../git/release.ts';
import type { Tasks } from '../../tasks/tasks.ts';
import type { DeployRequest } from '../request.ts';
import { prepareTask, skippedOnes, stageLine, succeeded, tasksOf } from '../stage-tasks.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { NumberFacts } from './number-release.ts';
import type { PlannedTasks } from './plan-tasks.ts';

export interface VerifyFacts {
  readonly verified: readonly TaskRecord[];
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts & NumberFacts & PlannedTasks & CheckedFacts & ImageFacts;
type Context = { readonly tasks: Pick<Tasks, 'prepare' | 'run' | 'delete'> };

/** Runs the checks of a version that runs, one after the other: when one fails, everything is rolled back. */
export const verify: Step<Needs, VerifyFacts, Context> = {
  name: 'verify',
  run: async (facts, { tasks }) => {
    const { id, remote, commit, revision, principal, how, mark, output, phases, signal } = facts;
    const planned = tasksOf(facts, 'Verify');
    const line = stageLine(planned);
    const verified = skippedOnes(planned);
    if (line === undefined) return { verified };
    phases.begin('verify');
    output.stage(line);
    const about = { deploy: id, commit, branch: revision.branch, by: principal.name, how, release: mark.release };
    for (const { task, skipped } of planned) {
      if (skipped !== undefined) continue;
      const ready = await prepareTask(tasks, facts, { remote, task, facts: about });
      const { ms } = await tasks.run(ready, { say: output.say, signal });
      await tasks.delete(ready.ref);
      verified.push(succeeded(task, ms));
    }
    return { verified };
  },
};
