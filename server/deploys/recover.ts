import type { Applier } from '../../applier/index.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { retry } from '../../base/retry.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { EnvStore } from '../env/env-store.ts';
import type { Repository } from '../git/repository.ts';
import { settleRefs } from '../git/settle-refs.ts';
import type { UndoParts } from '../tasks/undo-migrations.ts';
import { clearJournal, type JournalEntry, readJournal } from './journal.ts';
import { undoable } from './pipeline.ts';
import { rollBack, undosOf } from './roll-back.ts';
import { prune } from './steps/clean-up.ts';
import { deleteMigrations } from './steps/delete-tasks.ts';
import { migrate } from './steps/migrate.ts';

/** For what comes back; longer where a migration is undone after it: then no pod of the new version may be left. */
const readyAgainSeconds = 60;
const beforeUndoSeconds = 300;
/** The turn of the Remote is held: what takes so long is tried again before the next push, and at the next start. */
const giveUpMs = 60_000;

export interface RecoveryContext {
  readonly deployer: Pick<Deployer, 'restore' | 'waitUntilRestored'>;
  readonly applier: Pick<Applier, 'prune' | 'restore'>;
  readonly env: EnvStore;
  readonly tasks: UndoParts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Reads what it does; unset: the log alone. */
  readonly say?: (line: string) => void;
  /** Ends tries. */
  readonly signal?: AbortSignal;
}

/** What a cut-off deploy has come to. */
export interface Recovered {
  readonly entry: JournalEntry;
  /** False: everything is what it was before. */
  readonly released: boolean;
  /** What nobody could restore, in words. */
  readonly remains: readonly string[];
}

/**
 * What a server or a git that was cut off has left: locks go, and a deploy that a journal records is completed if its
 * release is in the refs, or undone. Call it only while the turn of the Remote is held.
 * @param receiving how many receive-packs belong to the holder of the turn
 */
export async function recoverOne(
  context: RecoveryContext,
  repository: Repository,
  receiving: 0 | 1 = 0,
): Promise<Recovered | undefined> {
  await repository.sweepTurn(receiving);
  const entry = await readJournal(repository.folder);
  if (!entry) {
    // A journal that was being written, before anything was changed.
    await clearJournal(repository.folder);
    return undefined;
  }
  undosOf(undoable, entry.steps);
  const released = await isReleased(context, repository, entry, receiving);
  const remains = new Set<string>();
  if (released) await complete(context, entry);
  else await undo(context, entry, (what) => remains.add(what));
  // The next server may be at it already, and a push of it have a journal of its own.
  context.signal?.throwIfAborted();
  await clearJournal(repository.folder);
  return { entry, released, remains: [...remains] };
}

async function isReleased(
  { log }: RecoveryContext,
  repository: Repository,
  entry: JournalEntry,
  receiving: 0 | 1,
): Promise<boolean> {
  // A repair moves no ref: one that is cut off is undone, and then seen again as drift.
  if (!entry.makesRelease) return false;
  const { released, problem } = await settleRefs(repository, { ...entry, release: entry.mark.release }, receiving);
  if (problem) log.warn({ push: entry.id, err: problem }, 'a release that git had begun could not be completed');
  return released;
}

async function undo(context: RecoveryContext, entry: JournalEntry, left: (what: string) => void): Promise<void> {
  const { clock, log, signal } = context;
  const { id: push, commit } = entry;
  log.warn({ push, commit }, 'a rollout was cut off; restoring its workloads');
  const say = (line: string) => {
    log.info({ push, line }, 'restoring');
    context.say?.(line);
  };
  const remains = (what: string) => {
    log.warn({ push, what }, 'a rollout was cut off, and not all of it can be undone');
    left(what);
  };
  // A migration may print a secret: its Job has it, and the log of the server must not.
  const print = () => {};
  const timeoutSeconds = undoesMigration(entry) ? beforeUndoSeconds : readyAgainSeconds;
  const wait = { timeoutSeconds, ...(signal && { signal }) };
  // What keeps the previous version from running keeps every push waiting, also the one that would fix it.
  const options = { say, print, remains, ...wait, isLastTry: true };
  const work = () => rollBack(undoable, context, entry, options).then(() => undefined, onlyUnfinished);
  const tries = { clock, tries: 5, firstMs: 500, maxMs: 10_000, giveUpMs, ...(signal && { signal }) };
  const unfinished = await retry(work, tries);
  if (unfinished) throw unfinished;
}

function undoesMigration({ steps }: JournalEntry): boolean {
  const data = steps.find(({ step }) => step === migrate.name)?.data;
  return data !== undefined && migrate.entry.parse(data).tasks.some(({ undo }) => undo !== undefined);
}

/** What comes after the refs was still to be done. */
async function complete({ applier, tasks, log }: RecoveryContext, entry: JournalEntry): Promise<void> {
  await prune({ applier }, entry, (line) => log.info({ push: entry.id, line }, 'pruning'));
  await deleteMigrations(tasks, entry);
}

/** Everything is restored, and another try does not make it run sooner. */
function onlyUnfinished(thrown: unknown): GitkubeError {
  const error = asGitkubeError(thrown);
  if (error.reason !== 'RestoreUnfinished') throw thrown;
  return error;
}
