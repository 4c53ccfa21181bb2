import { z } from 'zod';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { ConfigRef } from '../../../kube/kube.ts';
import { changedSince, type EnvStore } from '../../env/env-store.ts';
import { restoreEnv } from '../../env/restore-env.ts';
import { type EnvPlan, findSnapshots, type Snapshot, type Snapshots } from '../../env/snapshots.ts';
import type { ReleaseRecord } from '../../git/release.ts';
import type { DeployRequest } from '../request.ts';
import type { ChangingStep } from '../step.ts';
import type { NumberFacts } from './number-release.ts';
import type { EnvFacts } from './plan-env.ts';

export interface SetEnvFacts {
  /** For the record of the release; undefined: it has none. */
  readonly recordedEnv: ReleaseRecord['env'];
  readonly envHasChanged: boolean;
  /** There is a snapshot more. */
  readonly envIsNew: boolean;
  /** The snapshot of what this release has replaced, which no release ran with. */
  readonly keptEnv: string | undefined;
}

type Needs = Pick<DeployRequest, 'id' | 'repository' | 'principal' | 'output'> & NumberFacts & EnvFacts;
type Context = { readonly env: EnvStore; readonly log: Logger };

const Entry = z.object({
  kind: z.enum(['Secret', 'ConfigMap']),
  namespace: z.string(),
  name: z.string(),
  /** The snapshot of what it was; absent: it is not changed. */
  before: z.string().optional(),
  /** The snapshot of what it is to be. */
  after: z.string(),
  /** Those of both that this deploy creates. */
  creates: z.array(z.string()),
});
/** Names of snapshots: no value is on the disk of the server. */
type Entry = z.infer<typeof Entry>;
type Keep = (entry: Entry) => Promise<void>;

const none: SetEnvFacts = { recordedEnv: undefined, envHasChanged: false, envIsNew: false, keptEnv: undefined };

/**
 * Gives the Secret or the ConfigMap of the Remote what this deploy is about, and keeps for the release what it is.
 * Its undo comes before all others: pods that are restored read it when they start.
 */
export const setEnv: ChangingStep<Needs, SetEnvFacts, Entry, Context> = {
  name: 'set-env',
  phase: 'rollout',
  undoneFirst: true,
  entry: Entry,
  run: async (facts, { env: store, log }, keep) => {
    const { env, id, mark, remote, repository } = facts;
    const [runs] = env ? await repository.releases() : [];
    const deploy = { remote: remote.name, suffix: `${mark.release}-${id}`, runs };
    const create = async () => {
      const found = env && (await findSnapshots(store, env, deploy));
      if (env && found) await save(store, { ...env, remote }, found, keep);
      return found;
    };
    const snapshots = await (env?.change ? create() : create().catch(recordsNone(facts)));
    if (!env || !snapshots) return none;
    const { kind, name } = env.ref;
    const { before, after } = snapshots;
    if (before) {
      await change(store, env.ref, snapshots, keep);
      const { name: by, fingerprint: key } = facts.principal;
      log.info({ remote: remote.id, by, key, env: `${kind}/${name}`, change: env.change?.summary }, 'env was changed');
    }
    return {
      recordedEnv: { kind, name, snapshot: after.name, ...(before && { before: before.name }) },
      envHasChanged: before !== undefined,
      envIsNew: createdOf(snapshots).length > 0,
      keptEnv: before?.isNew ? before.name : undefined,
    };
  },
  undo: ({ before, after, creates, ...ref }, { env: store }, { say }) =>
    restoreEnv(store, ref, { before, after, creates }, say),
};

function createdOf({ before, after }: Snapshots): Snapshot[] {
  return [...(before ? [before] : []), after].filter(({ isNew }) => isNew);
}

function entryOf(ref: ConfigRef, snapshots: Snapshots): Entry {
  return { ...ref, after: snapshots.after.name, creates: createdOf(snapshots).map(({ name }) => name) };
}

/** Creates the snapshots that are not there yet. */
async function save(
  store: EnvStore,
  { ref, remote }: EnvPlan & Pick<NumberFacts, 'remote'>,
  snapshots: Snapshots,
  keep: Keep,
): Promise<void> {
  const created = createdOf(snapshots);
  const entry = entryOf(ref, snapshots);
  if (snapshots.before) await keep({ ...entry, before: snapshots.before.name });
  else if (created.length > 0) await keep(entry);
  for (const one of created) await store.save(ref, one.name, one.data, remote);
}

/** A deploy that changes no env needs none of it. */
function recordsNone({ output }: Pick<Needs, 'output'>) {
  return (thrown: unknown) => {
    output.say(`env: not recorded with this release: ${asGitkubeError(thrown).message}`);
    return undefined;
  };
}

async function change(store: EnvStore, ref: ConfigRef, snapshots: Snapshots, keep: Keep): Promise<void> {
  const { before, after } = snapshots;
  if (!before || (await store.change(ref, before.data, after.data))) return;
  // What is there is not ours to restore: only the snapshots are to be deleted.
  await keep(entryOf(ref, snapshots));
  throw changedSince(ref);
}
