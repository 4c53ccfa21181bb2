import { z } from 'zod';
import type { JobRef } from '../../../kube/index.ts';
import { workloadKinds } from '../../../kube/workload.ts';
import type { Task } from '../../../remote-crd/index.ts';
import type { TaskRecord } from '../../git/release.ts';
import { EndUnknown } from '../../tasks/end-unknown.ts';
import { TaskFailure } from '../../tasks/task-failure.ts';
import type { ReadyTask } from '../../tasks/task-order.ts';
import { fromOf } from '../../tasks/task-surroundings.ts';
import type { TaskRun, Tasks } from '../../tasks/tasks.ts';
import { undoMigrations } from '../../tasks/undo-migrations.ts';
import type { DeployRequest } from '../request.ts';
import { newVersionRuns } from '../roll-back.ts';
import { prepareTask, skippedOnes, stageLine, succeeded, tasksOf } from '../stage-tasks.ts';
import type { ChangingStep } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { NumberFacts } from './number-release.ts';
import type { PlannedTasks } from './plan-tasks.ts';

export interface MigrateFacts {
  readonly migrated: readonly TaskRecord[];
  /** Kept until it is decided whether they have to be undone. */
  readonly migrationJobs: readonly JobRef[];
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts & NumberFacts & PlannedTasks & CheckedFacts & ImageFacts;
type Context = { readonly tasks: Pick<Tasks, 'prepare' | 'run'> };

/** A migration that has begun, or is about to. */
export const Begun = z.object({
  name: z.string(),
  namespace: z.string(),
  /** The name of its Job. */
  job: z.string(),
  as: z.string().optional(),
  /** Of the Job; absent: nobody knows whether it was created. */
  uid: z.string().optional(),
  workload: z.object({ kind: z.enum(workloadKinds), name: z.string(), container: z.string() }),
  undo: z.array(z.string()).optional(),
  newImages: z.array(z.string()).optional(),
  /** Whose it is; absent: an older version has begun it. */
  of: z
    .object({
      namespace: z.string(),
      name: z.string(),
      environment: z.string().optional(),
      uid: z.string(),
      deploy: z.string(),
      commit: z.string(),
    })
    .optional(),
  /** Absent: nobody knows, its Job says so. */
  done: z.enum(['succeeded', 'failed', 'ended']).optional(),
  /** It has failed, and something else has ended it. */
  isHalfway: z.boolean().optional(),
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
  undoneIfAll: true,
  entry: Entry,
  run: async (facts, { tasks }, keep) => {
    const planned = tasksOf(facts, 'Migrate');
    const line = stageLine(planned);
    const records = skippedOnes(planned);
    if (line === undefined) return { migrated: records, migrationJobs: [] };
    facts.phases.begin('migrate');
    facts.output.stage(line);
    const begun = new BegunOnes(keep);
    for (const { task, skipped } of planned) {
      if (skipped !== undefined) continue;
      facts.signal.throwIfAborted();
      const ready = await prepareTask(tasks, facts, await orderOf(facts, task));
      await begun.add({ ...beginning(ready, facts), ...(await newImagesOf(facts, task)) });
      // To make it ready, and to write the journal, may have taken long.
      facts.signal.throwIfAborted();
      records.push(await runBegun({ say: facts.output.say, signal: facts.forced }, tasks, ready, begun));
    }
    return { migrated: records, migrationJobs: begun.refs };
  },
  undo: async ({ tasks: begun }, { tasks }, options) => {
    const pods = options.leaves ? [] : await tasks.newPodsLeft(begun, options);
    if (pods.length > 0 && !options.isLastTry) throw newVersionRuns(pods);
    const stays = options.leaves || pods.length > 0;
    return await undoMigrations(tasks, begun, { ...options, stays });
  },
};

/** Those that the version before does not have: pods of it may run while a migration is undone. */
async function newImagesOf({ images, repository }: Needs, { undo }: Task): Promise<Pick<Begun, 'newImages'>> {
  if (!undo) return {};
  const [last] = await repository.releases();
  const before = last?.record.images.map(({ image }) => image) ?? [];
  return { newImages: images.map(({ reference }) => reference).filter((image) => !before.includes(image)) };
}

async function orderOf({ id, remote, repository, commit, revision, principal, how, mark }: Needs, task: Task) {
  const [last] = await repository.releases();
  const previous = last && { number: last.number, commit: last.commit };
  const { branch } = revision;
  const facts = { deploy: id, commit, branch, by: principal.name, how, release: mark.release, previous };
  return { remote, task, facts };
}

export function beginning(
  { task, ref }: ReadyTask,
  { id: deploy, commit, remote }: Pick<Needs, 'id' | 'commit' | 'remote'>,
): Begun {
  const { kind, deployment: name, container } = fromOf(task);
  return {
    name: task.name,
    namespace: ref.namespace,
    job: ref.name,
    ...(ref.as !== undefined && { as: ref.as }),
    workload: { kind, name, container },
    ...(task.undo && { undo: [...task.undo] }),
    of: { namespace: remote.namespace, name: remote.name, ...environmentIn(remote), uid: remote.uid, deploy, commit },
  };
}

function environmentIn({ environment }: RemoteFacts['remote']) {
  return environment === '' ? {} : { environment };
}

/** What is found out of one that is in the journal. */
export type Known = Pick<Begun, 'uid' | 'done' | 'isHalfway'>;

/** Runs one that is in the journal, and keeps there what is known of it. */
export async function runBegun(
  { say, signal, alone }: Pick<TaskRun, 'say' | 'signal' | 'alone'>,
  tasks: Pick<Tasks, 'run'>,
  ready: ReadyTask,
  begun: { readonly know: (more: Known) => Promise<void> },
): Promise<TaskRecord> {
  const { task } = ready;
  const run = { say, signal, alone, created: (uid: string) => begun.know({ uid }) };
  const { ms } = await tasks.run(ready, run).catch(async (thrown: unknown) => {
    if (thrown instanceof EndUnknown) throw thrown.cause;
    const isHalfway = thrown instanceof TaskFailure && thrown.isHalfway;
    await begun.know({ done: signal.aborted ? 'ended' : 'failed', ...(isHalfway && { isHalfway }) });
    throw thrown;
  });
  await begun.know({ done: 'succeeded' });
  return succeeded(task, ms);
}

export function jobOf({ namespace, job: name, as }: Begun): JobRef {
  return { namespace, name, as };
}

/** The migrations of a deploy, as its journal has them. */
class BegunOnes {
  readonly #keep: (entry: Entry) => Promise<void>;
  #all: readonly Begun[] = [];

  constructor(keep: (entry: Entry) => Promise<void>) {
    this.#keep = keep;
  }

  get refs(): JobRef[] {
    return this.#all.map(jobOf);
  }

  add(one: Begun): Promise<void> {
    return this.#write([...this.#all, one]);
  }

  /** More of the last one. */
  know(more: Known): Promise<void> {
    const last = this.#all.at(-1);
    return this.#write(last ? [...this.#all.slice(0, -1), { ...last, ...more }] : []);
  }

  async #write(all: readonly Begun[]): Promise<void> {
    await this.#keep({ tasks: [...all] });
    this.#all = all;
  }
}
