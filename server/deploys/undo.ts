import type { Applier } from '../../applier/index.ts';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Deployer, Say } from '../../deployer/index.ts';
import type { JournalEntry } from './journal.ts';
import { putBackManifests } from './manifests.ts';

export interface UndoContext {
  readonly deployer: Pick<Deployer, 'putBack' | 'waitUntilBack'>;
  readonly applier: Pick<Applier, 'putBack'>;
}

/**
 * Restores everything that a deploy has changed, as its journal says, and waits until what ran before runs again. To do it
 * twice does no harm.
 * @param timeoutSeconds for the rollouts of the manifests that come back
 * @throws PutBackFailed; RestoreUnfinished when the server stops: everything is restored, and the journal stays
 */
export async function undoDeploy(
  { deployer, applier }: UndoContext,
  journal: JournalEntry,
  { say, timeoutSeconds }: { readonly say: Say; readonly timeoutSeconds: number },
): Promise<void> {
  const { snapshots, expected, mark } = journal;
  const unfinished = await deployer.putBack(snapshots, { say, expected, mark }).then(() => undefined, onlyUnfinished);
  await putBackManifests({ applier, deployer }, journal, { say, timeoutSeconds });
  if (unfinished) throw unfinished;
}

/** What is not waited for holds up nothing else that is to be restored. */
export function onlyUnfinished(thrown: unknown): GitkubeError {
  const error = asGitkubeError(thrown);
  if (error.reason !== 'RestoreUnfinished') throw thrown;
  return error;
}
