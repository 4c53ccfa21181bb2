import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { ConfigRef } from '../../kube/kube.ts';
import { type EnvData, isSameEnv } from './env-data.ts';
import type { EnvStore } from './env-store.ts';

/** What a deploy has done, by the names of snapshots. */
export interface EnvEntry {
  /** Undefined: nothing was changed. */
  readonly before: string | undefined;
  readonly after: string;
  /** Those that the deploy has created. */
  readonly creates: readonly string[];
}

type Say = (line: string) => void;

/**
 * Restores what a deploy has changed, and then deletes its snapshots. Done twice it does no harm.
 * @throws RollbackFailed and others: no snapshot is deleted then
 */
export async function restoreEnv(store: EnvStore, ref: ConfigRef, entry: EnvEntry, say: Say): Promise<void> {
  try {
    if (entry.before !== undefined) await restoreFrom(store, ref, entry.before, entry.after, say);
  } catch (thrown) {
    throw notRestored(ref, entry.before, thrown);
  }
  await store.forget(ref, entry.creates);
}

/** Snapshots are created before anything is changed, and deleted when all is restored. */
async function restoreFrom(store: EnvStore, ref: ConfigRef, before: string, after: string, say: Say): Promise<void> {
  const [was, set] = await Promise.all([store.snapshot(ref, before), store.snapshot(ref, after)]);
  if (was && set) await store.restore(ref, was, set, say);
  else if (set) await requireUnchanged(store, ref, set, before);
  else if (was) await requireRestored(store, ref, was, after);
}

/** Without the snapshot of before nothing was changed yet, or somebody has deleted it. */
async function requireUnchanged(store: EnvStore, ref: ConfigRef, set: EnvData, before: string): Promise<void> {
  const now = await store.read(ref);
  if (!now || !isSameEnv(now.data, set)) return;
  throw new GitkubeError('RollbackFailed', `somebody has deleted ${ref.kind} ${before}, which has what it was`);
}

/** Without the snapshot of after nothing was changed yet, or somebody has deleted it, and nobody knows what is ours. */
async function requireRestored(store: EnvStore, ref: ConfigRef, was: EnvData, after: string): Promise<void> {
  const now = await store.read(ref);
  if (!now || isSameEnv(now.data, was)) return;
  throw new GitkubeError('RollbackFailed', `somebody has deleted ${ref.kind} ${after}, which has what it was set to`);
}

function notRestored({ kind, namespace, name }: ConfigRef, before: string | undefined, cause: unknown): GitkubeError {
  const { reason, message } = asGitkubeError(cause);
  const hint = before === undefined ? [] : [`what it was: kubectl -n ${namespace} get ${kind.toLowerCase()} ${before}`];
  return new GitkubeError(reason, `${kind} ${name} could not be restored: ${message}`, { hint, cause });
}
