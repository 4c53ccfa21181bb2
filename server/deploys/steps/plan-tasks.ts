import type { Task } from '../../../remote-crd/index.ts';
import { nameOf, type Release, type TaskRecord } from '../../git/release.ts';
import type { TreeEntry } from '../../git/tree.ts';
import { migratedSince } from '../../tasks/database-ahead.ts';
import { passedBefore } from '../../tasks/passed-note.ts';
import { isAsBefore, type PlannedTask, planTasks, type TaskOccasion } from '../../tasks/plan.ts';
import { tasksOff } from '../../tasks/task-failure.ts';
import { fromOf } from '../../tasks/task-surroundings.ts';
import type { Tasks } from '../../tasks/tasks.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { OriginFacts } from './choose-images.ts';
import type { RevisionFacts } from './find-revision.ts';

export interface PlannedTasks {
  /** Those of the Remote that this deploy has, in their order. */
  readonly tasks: readonly PlannedTask[];
  /** What has migrated the database since its images ran, in words. */
  readonly ahead: readonly string[];
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts & OriginFacts;
type Context = { readonly tasks: Pick<Tasks, 'enabled'> & { readonly reports: Pick<Tasks['reports'], 'skipped'> } };

/** Of which one may have migrated what an older one does not know. */
const readReleases = 1000;

/** Decides which tasks run, and says which do not, before anything is built. */
export const planTasksOf: Step<Needs, PlannedTasks, Context> = {
  name: 'plan-tasks',
  run: async (facts, { tasks: { enabled, reports } }) => {
    const { id: deploy, remote, commit, origin, options, output } = facts;
    const occasion = occasionOf(facts);
    const ahead = await findAhead(facts);
    const older = origin.kind === 'release' ? origin.release : origin.older;
    if (ahead.length > 0 && older) output.say(aheadLine(older, ahead));
    if (remote.tasks.length === 0) return { tasks: [], ahead };
    const planned = (await planTasks(remote, occasion)).map((one) => withImage(one, origin));
    if (planned.length > 0 && !enabled) {
      // A rollback must not depend on it.
      if (occasion.kind === 'push') throw tasksOff();
      output.say('tasks: off on this server, none runs');
      return { tasks: [], ahead };
    }
    if (options.dryRun) return { tasks: planned, ahead };
    for (const line of skippedLines(planned)) output.say(line);
    for (const { task, skipped } of planned) if (skipped) reports.skipped({ remote, deploy, commit }, task, skipped);
    return { tasks: planned, ahead };
  },
};

function aheadLine(release: Release, ahead: readonly string[]): string {
  return `warning: the database may be ahead of the code: ${nameOf(release)} is older than these migrations: ${ahead.join('; ')}`;
}

function skippedLines(planned: readonly PlannedTask[]): string[] {
  return planned.flatMap(({ task, skipped }) =>
    skipped === undefined ? [] : [`task ${task.name}: skipped, ${skipped}`],
  );
}

function occasionOf(facts: Needs): TaskOccasion {
  const { origin, revision, trigger, options } = facts;
  const { skipDeploy, noTests = false } = options;
  const isUnchanged = (task: Task) => isAsReleased(facts, task);
  return { kind: kindOf(origin, revision, trigger), skipDeploy, noTests, isUnchanged };
}

function kindOf(
  origin: Needs['origin'],
  { again }: Needs['revision'],
  trigger: Needs['trigger'],
): TaskOccasion['kind'] {
  // Also where its images are built again: its commit has run already.
  if (again !== undefined) return again === 'restart' ? 'restart' : 'again';
  if (origin.kind === 'build') return 'push';
  // It rescues, and nobody waits for it.
  return trigger.kind === 'watch' ? 'return' : 'rollback';
}

/** A release that is older than the task may not have its container. */
function withImage(planned: PlannedTask, origin: Needs['origin']): PlannedTask {
  if (origin.kind === 'build' || planned.skipped !== undefined) return planned;
  const from = fromOf(planned.task);
  const has = origin.release.record.images.some(
    (one) => one.deployment === from.deployment && one.container === from.container,
  );
  const skipped = `${nameOf(origin.release)} has no image of ${from.deployment}/${from.container}`;
  return has ? planned : { ...planned, skipped };
}

/**
 * Trees with the same id have the same files (gitformat-pack). A release that has skipped a task for another reason than that says
 * nothing of it, and neither does one without it, as of a restart: what counts is the one before.
 */
async function isAsReleased({ repository, source, signal }: Needs, task: Task): Promise<boolean> {
  const last =
    (await repository.releases()).find((one) => hasRun(one, task)) ??
    (await repository.newestReleases(readReleases)).find((one) => 'record' in one && hasRun(one, task));
  using before = last && (await repository.source(last.commit, {}, signal));
  if (!before) return false;
  for (const path of task.onlyIfChanged) {
    if (!isSame(await source.entry(path), await before.entry(path))) return false;
  }
  return true;
}

function hasRun({ record }: Release, { name, stage }: Task): boolean {
  return record.tasks?.some((one) => one.name === name && one.stage === stage && isDone(one)) ?? false;
}

function isDone({ state, why }: TaskRecord): boolean {
  return state === 'Succeeded' || why === passedBefore || isAsBefore(why);
}

function isSame(now: TreeEntry | undefined, before: TreeEntry | undefined): boolean {
  // One that is nowhere is a mistake, or was moved.
  return now !== undefined && now.oid === before?.oid && now.kind === before.kind;
}

/** Nobody undoes what migrations have done since that release: its code has to cope with it. */
async function findAhead({ repository, origin, revision }: Needs): Promise<readonly string[]> {
  const [last] = await repository.releases();
  // What runs stays, also where it is built again.
  if (revision.again !== undefined) return last?.record.ahead ?? [];
  const older = origin.kind === 'release' ? origin.release : origin.older;
  return older ? migratedSince(older, await repository.newestReleases(readReleases)) : [];
}
