import { z } from 'zod';
import { type TaskStage, taskStages } from '../../../remote-crd/index.ts';
import { settleTask } from '../../tasks/settle-task.ts';
import { asCutOff } from '../../tasks/task-failure.ts';
import type { Tasks } from '../../tasks/tasks.ts';
import type { DeployOutcome } from '../events.ts';
import type { Phase } from '../phases.ts';
import type { DeployRequest } from '../request.ts';
import type { ChangingStep } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { OneTaskFacts } from './begin-task.ts';
import type { RevisionFacts } from './find-revision.ts';
import { Begun, beginning, type Known, runBegun } from './migrate.ts';

export interface RanFacts {
  readonly outcome: DeployOutcome;
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts & OneTaskFacts;
type Context = { readonly tasks: Pick<Tasks, 'run' | 'delete'> };

const Entry = z.object({ stage: z.enum(taskStages), task: Begun });
type Entry = z.infer<typeof Entry>;

const phases = { Test: 'test', Migrate: 'migrate', Verify: 'verify' } as const satisfies Record<TaskStage, Phase>;

/** Runs one task alone. Nothing comes after it that could fail, so a migration that has succeeded is not undone. */
export const runTask: ChangingStep<Needs, RanFacts, Entry, Context> = {
  name: 'run-task',
  entry: Entry,
  run: async (facts, { tasks }, keep) => {
    const { ready, output, forced, signal, journal } = facts;
    const { task, ref } = ready;
    let begun = beginning(ready, facts);
    const know = async (more: Known) => {
      begun = { ...begun, ...more };
      await keep({ stage: task.stage, task: begun });
    };
    await know({});
    signal.throwIfAborted();
    facts.phases.begin(phases[task.stage]);
    const run = { alone: true, say: output.say, signal: task.stage === 'Migrate' ? forced : signal };
    await runBegun(run, tasks, ready, { know }).catch((thrown) => {
      throw begun.uid === undefined ? thrown : asCutOff(thrown);
    });
    await tasks.delete(ref);
    await journal.clear();
    return { outcome: { kind: 'ran', task: task.name } };
  },
  undo: ({ stage, task }, { tasks }, options) => settleTask(tasks, stage, task, options),
};
