import { asGitkubeError } from '../../base/errors.ts';
import { linesThatMatter } from '../../base/log-lines.ts';
import { plain } from '../../base/text.ts';
import type { TaskOutcome } from '../../deployer/index.ts';
import type { JobRef, V1Job, WorkloadKind } from '../../kube/index.ts';
import type { MigrationLeft } from '../../remote-crd/index.ts';
import { endInWords } from './task-failure.ts';
import { undoJob } from './task-order.ts';
import type { TaskReports } from './task-reports.ts';

/** A migration that has begun, as the journal knows it. */
export interface BegunMigration {
  readonly name: string;
  readonly namespace: string;
  readonly job: string;
  readonly as?: string | undefined;
  /** Of its Job; absent: nobody knows whether it was created. */
  readonly uid?: string | undefined;
  readonly workload: { readonly kind: WorkloadKind; readonly name: string; readonly container: string };
  readonly undo?: readonly string[] | undefined;
  /** Those of its deploy that did not run before. */
  readonly newImages?: readonly string[] | undefined;
  /** Whose it is, for what others read of it; absent: an older version has begun it. */
  readonly of?:
    | {
        readonly namespace: string;
        readonly name: string;
        /** Absent: the one without a name. */
        readonly environment?: string | undefined;
        readonly uid: string;
        readonly deploy: string;
        readonly commit: string;
      }
    | undefined;
  /** `ended`: by force. */
  readonly done?: 'succeeded' | 'failed' | 'ended' | undefined;
  /** It has failed, and something else has ended it: its time was over, or it was killed. */
  readonly isHalfway?: boolean | undefined;
}

export type AwaitedOutcome = TaskOutcome & {
  /** Its command has never begun. */
  readonly isUnstarted?: boolean;
};

export interface UndoParts {
  /** @returns undefined: there is none */
  readonly find: (ref: JobRef) => Promise<V1Job | undefined>;
  readonly create: (ref: JobRef, job: V1Job) => Promise<V1Job>;
  /** Waits for its end, whatever that is. @throws RestoreUnfinished when the server stops before; the reason of the signal */
  readonly await: (migration: BegunMigration, ref: JobRef, job: V1Job, words: WaitWords) => Promise<AwaitedOutcome>;
  readonly delete: (ref: JobRef) => Promise<void>;
  /** Waits until no pod runs the new images any more. @returns the names of those that run on; @throws RestoreUnfinished */
  readonly newPodsLeft: (begun: readonly BegunMigration[], words: WaitWords) => Promise<readonly string[]>;
  readonly reports: Pick<TaskReports, 'undone' | 'left'>;
}

/** Says what a migration has left, and keeps it. */
type Leave = (why: MigrationLeft, what: string) => Promise<void>;

type Say = (line: string) => void;

export interface WaitWords {
  readonly say: Say;
  /** What they print; unset: as `say`. */
  readonly print?: Say;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface UndoWords extends WaitWords {
  /** What nobody can take back. */
  readonly remains: Say;
  /** Pods of the new version still run, which need what has migrated: nothing is undone. */
  readonly stays?: boolean;
}

const ahead = 'the database may be ahead of the code';
const between = 'the database is between two versions: correct it by hand';

/**
 * Takes back what migrations have done, the last one first, as far as they say how. One that still runs is waited for. What
 * cannot be taken back is said, and is no error: to try it again would not help.
 * @throws ClusterUnavailable; RestoreUnfinished
 */
export async function undoMigrations(
  parts: UndoParts,
  begun: readonly BegunMigration[],
  words: UndoWords,
): Promise<void> {
  for (const migration of begun.toReversed()) await undoOne(parts, migration, words);
}

async function undoOne(parts: UndoParts, migration: BegunMigration, words: UndoWords): Promise<void> {
  const { name, namespace, job, as, undo, done } = migration;
  const leave: Leave = (why, what) => {
    words.remains(what);
    return parts.reports.left(migration, why, what);
  };
  if (migration.isHalfway) return leave('EndedHalfway', halfwayWords(name));
  if (done === 'failed') return;
  if (done === 'ended') return leave('EndedByForce', `task ${name} was ended by force: ${between}`);
  const why = whyNotUndone(migration, words);
  if (done && why !== undefined) return leave('NotUndone', `task ${name} has run, and ${why}: ${ahead}`);
  const ref = { namespace, name: job, ...(as !== undefined && { as }) };
  const found = await findOrForbidden(parts, ref);
  if (found === 'forbidden') {
    if (!done) parts.reports.undone(migration, 'Failed', unreadableJob);
    return leave('NotUndone', `task ${name} ${done ? 'has run' : 'may have run'}, ${unreadableJob}: ${ahead}`);
  }
  // Its server was killed before it was created.
  if (!found && !done && migration.uid === undefined) return;
  if (!found && !done) parts.reports.undone(migration, 'Failed', 'its Job is gone');
  if (!found) return leave('NotUndone', `task ${name} ${goneWords(migration)}: ${ahead}`);
  if (!done && !(await hasSucceeded(parts, migration, ref, found, { ...words, leave }))) return;
  if (!undo || why !== undefined) return leave('NotUndone', `task ${name} has run, and ${why}: ${ahead}`);
  await runUndo(parts, migration, undoJob(found, ref, undo), { ...words, leave });
}

/** @returns undefined: it is undone */
function whyNotUndone({ undo }: BegunMigration, { stays }: UndoWords): string | undefined {
  if (!undo) return 'nothing undoes it';
  return stays ? 'is not undone, as pods of the new version still run' : undefined;
}

/** Tasks may be off by now. Nothing that the server could do later depends on it: it must not hold up every push. */
export async function findOrForbidden(parts: Pick<UndoParts, 'find'>, ref: JobRef) {
  return await parts.find(ref).catch((thrown: unknown) => {
    if (asGitkubeError(thrown).reason === 'ClusterForbidden') return 'forbidden' as const;
    throw thrown;
  });
}

export const unreadableJob = 'and the server may not read its Job';

function goneWords({ done }: BegunMigration): string {
  return done ? 'has run, and cannot be undone, as its Job is gone' : 'may have run, its Job is gone';
}

function halfwayWords(name: string): string {
  return `task ${name} was ended halfway: ${between}`;
}

/** Waits for its end, and reports it, with what it has left. */
export async function hasSucceeded(
  parts: UndoParts,
  migration: BegunMigration,
  ref: JobRef,
  found: V1Job,
  words: UndoWords & { readonly leave: Leave },
): Promise<boolean> {
  const outcome = await parts.await(migration, ref, found, words);
  const how = outcome.kind === 'failed' ? endInWords(outcome) : 'did not end in time';
  const state = { succeeded: 'Succeeded', failed: 'Failed', 'timed out': 'TimedOut' } as const;
  const isDone = outcome.kind === 'succeeded';
  parts.reports.undone(migration, state[outcome.kind], isDone ? undefined : `task ${migration.name} ${how}`);
  if (!isDone) words.say(`task ${migration.name} ${how}`);
  if (!outcome.isUnstarted && outcome.isKilled) await words.leave('EndedHalfway', halfwayWords(migration.name));
  return isDone;
}

/** Done twice it is the same Job: Kubernetes deletes both a week after their end. */
async function runUndo(
  parts: UndoParts,
  migration: BegunMigration,
  { ref, job }: ReturnType<typeof undoJob>,
  words: UndoWords & { readonly leave: Leave },
): Promise<void> {
  const { name } = migration;
  const { say, print = say, leave } = words;
  const fail = (what: string) => {
    parts.reports.undone(migration, 'UndoFailed', what);
    return leave('UndoFailed', what);
  };
  say(`task ${name}: undoing it`);
  const created = await parts.create(ref, job).catch(async (thrown) => {
    const error = asGitkubeError(thrown);
    if (error.kind === 'transient') throw thrown;
    await fail(`undo of task ${name} was not started: ${error.message}; ${ahead}`);
    return undefined;
  });
  if (!created) return;
  const outcome = await parts.await(migration, ref, created, words);
  if (outcome.kind === 'succeeded') {
    parts.reports.undone(migration, 'Undone', `undo of task ${name} succeeded`);
    return say(`undo of task ${name} succeeded`);
  }
  for (const line of linesThatMatter(outcome.lines)) print(`  ${plain(line, 500)}`);
  const how = outcome.kind === 'failed' ? endInWords(outcome) : 'did not end in time';
  await fail(`undo of task ${name} ${how}: ${outcome.isUnstarted ? ahead : between}`);
}
