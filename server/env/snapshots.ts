import type { ConfigRef } from '../../kube/kube.ts';
import type { Release } from '../git/release.ts';
import { type EnvData, isSameEnv } from './env-data.ts';
import { recordedEnv } from './env-of-remote.ts';
import { changedSince, type EnvStore, snapshotPrefix } from './env-store.ts';

/** What is to become of an object. */
export interface EnvPlan {
  readonly ref: ConfigRef;
  /** Undefined: it stays as it is, and the release records it. */
  readonly change: EnvPlannedChange | undefined;
  /** The snapshot of the release to roll back to, which has what is there already. */
  readonly known?: string | undefined;
}

export interface EnvPlannedChange {
  readonly before: EnvData;
  readonly after: EnvData;
  /** A snapshot that has `after` already. */
  readonly snapshot: string | undefined;
  /** Names alone, for people. */
  readonly summary: string;
}

export interface Snapshot {
  readonly name: string;
  readonly data: EnvData;
  /** It is still to be created. */
  readonly isNew: boolean;
}

export interface Snapshots {
  /** Undefined: nothing changes. */
  readonly before: Snapshot | undefined;
  /** What the release records. */
  readonly after: Snapshot;
}

interface DeployOfEnv {
  /** The name of the Remote. */
  readonly remote: string;
  /** For the names of its snapshots, which no other deploy has. */
  readonly suffix: string;
  /** The newest release. */
  readonly runs: Release | undefined;
}

/**
 * Which snapshots a deploy needs; that of a release is used again when it has the same.
 * @returns undefined: there is no such object, and nothing to record
 * @throws ObjectChanged when it is not what it was when the change was planned
 */
export async function findSnapshots(
  store: Pick<EnvStore, 'open' | 'snapshot'>,
  { ref, change, known }: EnvPlan,
  { remote, suffix, runs }: DeployOfEnv,
): Promise<Snapshots | undefined> {
  const now = await store.open(ref);
  if (!now && !change) return undefined;
  if (!now || (change && !isSameEnv(now.data, change.before))) throw changedSince(ref);
  const { data } = now;
  const asItIs = async (name: string): Promise<Snapshot> => {
    for (const one of [runs && recordedEnv(runs, ref)?.snapshot, known]) {
      const saved = one && (await store.snapshot(ref, one));
      if (saved && isSameEnv(saved, data)) return { name: one, data, isNew: false };
    }
    return { name, data, isNew: true };
  };
  const name = snapshotName(remote, suffix);
  if (!change) return { before: undefined, after: await asItIs(name) };
  const after = { name: change.snapshot ?? name, data: change.after, isNew: change.snapshot === undefined };
  return { before: await asItIs(`${name}-before`), after };
}

/** An object name has 253 characters at most. */
const maxRemote = 200;

function snapshotName(remote: string, suffix: string): string {
  return `${snapshotPrefix}${remote.slice(0, maxRemote).replace(/[^a-z0-9]+$/, '')}-${suffix}`;
}
