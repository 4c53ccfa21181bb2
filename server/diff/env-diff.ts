import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { ConfigRef } from '../../kube/kube.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { compareEnv, type EnvDifference } from '../env/env-data.ts';
import { envIsOff, refOfEnv, snapshotOf } from '../env/env-of-remote.ts';
import type { EnvStore } from '../env/env-store.ts';
import { nameOf, type Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';

/** Names of variables; values leave the server nowhere. */
export interface EnvDiff extends EnvDifference {
  /** Why they are not compared: they are of two objects, or of one release nothing is known. */
  readonly note?: string;
  readonly problem?: string;
}

export interface EnvParts {
  readonly env: Pick<EnvStore, 'enabled' | 'snapshot'>;
}

type RecordedEnv = Pick<ConfigRef, 'kind' | 'name'> & { readonly snapshot: string };

/** Of which one may be the first that records what an older one ran with. */
const readReleases = 1000;

const nothing: EnvDifference = { added: [], changed: [], removed: [] };

/** @returns undefined: of neither anything is known */
export async function diffEnv(
  { env: store }: EnvParts,
  remote: Remote,
  repository: Pick<Repository, 'newestReleases'>,
  [from, to]: readonly [Release, Release],
): Promise<EnvDiff | undefined> {
  const isRecorded = [from, to].every(({ record }) => record.env !== undefined);
  const all = isRecorded || !remote.env ? [] : await repository.newestReleases(readReleases);
  const known = all.filter((one) => 'record' in one);
  const [before, after] = [recorded(from, known, remote), recorded(to, known, remote)];
  if (!before && !after) return undefined;
  if (!before || !after) return { ...nothing, note: `no env of ${nameOf(before ? to : from)} is known` };
  if (before.kind !== after.kind || before.name !== after.name) {
    const note = `${nameOf(from)} ran with ${objectOf(before)}, ${nameOf(to)} with ${objectOf(after)}`;
    return { ...nothing, note };
  }
  if (before.snapshot === after.snapshot) return nothing;
  try {
    const read = (env: RecordedEnv, release: Release) => readSnapshot(store, remote, env, release);
    const [old, now] = await Promise.all([read(before, from), read(after, to)]);
    return compareEnv(old, now);
  } catch (thrown) {
    return { ...nothing, problem: asGitkubeError(thrown).message };
  }
}

function recorded(release: Release, known: readonly Release[], { namespace, env }: Remote): RecordedEnv | undefined {
  if (release.record.env) return release.record.env;
  const ref = env && refOfEnv(namespace, env);
  const snapshot = ref && snapshotOf(release, known, ref);
  return ref && snapshot !== undefined ? { ...ref, snapshot } : undefined;
}

async function readSnapshot(
  store: EnvParts['env'],
  { namespace }: Remote,
  { kind, name, snapshot }: RecordedEnv,
  release: Release,
) {
  if (!store.enabled) throw envIsOff();
  const saved = await store.snapshot({ kind, namespace, name }, snapshot);
  if (saved) return saved;
  throw new GitkubeError('ReleaseUnusable', `there is no ${kind} ${snapshot} of ${nameOf(release)}`);
}

function objectOf({ kind, name }: RecordedEnv): string {
  return `${kind} ${name}`;
}
