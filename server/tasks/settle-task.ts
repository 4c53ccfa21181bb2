import { asGitkubeError } from '../../base/errors.ts';
import type { MigrationLeft, TaskStage } from '../../remote-crd/index.ts';
import { unfinished } from './end-unknown.ts';
import {
  type BegunMigration,
  findOrForbidden,
  hasSucceeded,
  type UndoParts,
  type UndoWords,
  undoMigrations,
  unreadableJob,
} from './undo-migrations.ts';

/**
 * What becomes of a task that somebody has asked for alone, when its server was killed: a migration is waited for, and stays, as nothing
 * came after it that failed. A test or a check has nobody who reads it any more.
 * @throws ClusterUnavailable; RestoreUnfinished
 */
export async function settleTask(
  parts: UndoParts,
  stage: TaskStage,
  begun: BegunMigration,
  words: UndoWords,
): Promise<void> {
  const { name, namespace, job, as, uid, done, isHalfway } = begun;
  const gone = (why: string) => {
    parts.reports.undone(begun, 'Failed', why);
    words.remains(`task ${name} may have run, ${why}`);
  };
  if ((done === 'ended' || isHalfway) && stage === 'Migrate') return undoMigrations(parts, [begun], words);
  if (done) return;
  const ref = { namespace, name: job, ...(as !== undefined && { as }) };
  if (stage !== 'Migrate') return parts.delete(ref);
  // Nothing came after it, so nothing is undone.
  const found = await findOrForbidden(parts, ref).catch((thrown: unknown) => {
    throw asGitkubeError(thrown).reason === 'RestoreUnfinished' ? unfinished(name) : thrown;
  });
  if (found === 'forbidden') return gone(unreadableJob);
  if (!found && uid === undefined) return;
  if (!found) return gone('its Job is gone');
  const leave = (why: MigrationLeft, what: string) => {
    words.remains(what);
    return parts.reports.left(begun, why, what);
  };
  const isDone = await hasSucceeded(parts, begun, ref, found, { ...words, leave });
  words.remains(`task ${name} has run to its end, and ${isDone ? 'succeeded' : 'failed'}`);
}
