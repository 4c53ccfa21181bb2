import { z } from 'zod';
import { workloadKinds } from '../../../kube/workload.ts';
import type { Task } from '../../../remote-crd/index.ts';
import type { TaskRecord } from '../../git/release.ts';
import type { ReadyTask } from '../../tasks/task-order.ts';
import type { Tasks } from '../../tasks/tasks.ts';
import { undoMigrations } from '../../tasks/undo-migrations.ts';
import type { DeployRequest } from '../request.ts';
import { prepareTask, skippedOnes, stageLine, succeeded, tasksOf } from '../stage-tasks.ts';
import type { ChangingStep } from '../step.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { NumberFacts } from './number-release.ts';
import type { PlannedTasks } from './plan-tasks.ts';

export interface MigrateFacts {
  readonly migrated: readonly TaskRecord[];
}

type Needs = DeployRequest & RevisionFacts & NumberFacts & PlannedTasks & CheckedFacts & ImageFacts;
type Context = { readonly tasks: Pick<Tasks, 'prepare' | 'run' | 'delete'> };

/** A migration that has begun, or is about to. */
const Begun = z.object({
  name: z.string(),
  namespace: z.string(),
  /** The name of its Job. */
  job: z.string(),
  as: z.string().optional(),
  workload: z.object({ kind: z.enum(workloadKinds), name: z.string(), container: z.string() }),
  undo: z.array(z.string()).optional(),
  /** Absent: nobody knows, its Job says so. */
  done: z.enum(['succeeded', 'failed', 'ended']).optional(),
});
export type Begun = z.infer<typeof Begun>;

const Entry = z.object({ tasks: z.array(Begun) });
type Entry = z.infer<typeof Entry>;

/**
 * Runs migrations one after the other, before any workload changes. One that runs is waited for, unless somebody ends it by force:
 * half of one is for a human. Its journal is written before its Job is created, so that a server that starts again waits for its end, too.
 */
export const migrate: ChangingStep<Needs, MigrateFacts, Entry, Context> = {
  name: 'migrate',
  entry: Entry,
  run: async (facts, { tasks }, keep) => {
    const planned = tasksOf(facts, 'Migrate');
    const line = stageLine(planned);
    const records = skippedOnes(planned);
    if (line === undefined) return { migrated: records };
    facts.phases.begin('migrate');
    facts.output.stage(line);
    const begun: Begun[] = [];
    for (const { task, skipped } of planned) {
      if (skipped !== undefined) continue;
      facts.signal.throwIfAborted();
      const ready = await prepareTask(tasks, facts, await orderOf(facts, task));
      begun.push(beginning(ready));
      await keep({ tasks: begun });
      records.push(await runMigration(facts, tasks, ready, (done) => keep({ tasks: ended(begun, done) })));
    }
    return { migrated: records };
  },
  undo: ({ tasks: begun }, { tasks }, options) => undoMigrations(tasks, begun, options),
};

async function orderOf({ id, remote, repository, commit, revision, principal, how, mark }: Needs, task: Task) {
  const [last] = await repository.releases();
  const previous = last && { number: last.number, commit: last.commit };
  const { branch } = revision;
  const facts = { deploy: id, commit, branch, by: principal.name, how, release: mark.release, previous };
  return { remote, task, facts };
}

function beginning({ task, ref }: ReadyTask): Begun {
  const { kind, deployment: name, container } = task.from;
  return {
    name: task.name,
    namespace: ref.namespace,
    job: ref.name,
    ...(ref.as !== undefined && { as: ref.as }),
    workload: { kind, name, container },
    ...(task.undo && { undo: [...task.undo] }),
  };
}

/** The last one has ended. */
function ended(begun: Begun[], done: Begun['done'] & string): Begun[] {
  const last = begun.at(-1);
  if (last) last.done = done;
  return begun;
}

async function runMigration(
  { output, forced }: Needs,
  tasks: Context['tasks'],
  ready: ReadyTask,
  end: (done: Begun['done'] & string) => Promise<void>,
): Promise<TaskRecord> {
  const { task } = ready;
  try {
    const { ms } = await tasks.run(ready, { say: output.say, signal: forced });
    await end('succeeded');
    return succeeded(task, ms);
  } catch (thrown) {
    // Its Job says the same.
    await end(forced.aborted ? 'ended' : 'failed').catch(() => {});
    throw thrown;
  }
}
