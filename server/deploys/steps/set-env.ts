import { z } from 'zod';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { EnvStore } from '../../env/env-store.ts';
import { restoreEnv } from '../../env/restore-env.ts';
import { findSnapshots, type Snapshot, type Snapshots } from '../../env/snapshots.ts';
import type { ReleaseRecord } from '../../git/release.ts';
import type { DeployRequest } from '../request.ts';
import type { ChangingStep } from '../step.ts';
import type { NumberFacts } from './number-release.ts';
import type { EnvFacts } from './plan-env.ts';

export interface SetEnvFacts {
  /** For the record of the release; undefined: it has none. */
  readonly recordedEnv: ReleaseRecord['env'];
  readonly envHasChanged: boolean;
  /** The snapshot of the release is one more. */
  readonly envIsNew: boolean;
}

type Needs = Pick<DeployRequest, 'id' | 'repository' | 'principal'> & NumberFacts & EnvFacts;
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
    const snapshots = env && (await findSnapshots(store, env, deploy));
    if (!env || !snapshots) return { recordedEnv: undefined, envHasChanged: false, envIsNew: false };
    const created = createdOf(snapshots);
    const { kind, name } = env.ref;
    const entry = { ...env.ref, after: snapshots.after.name, creates: created.map((one) => one.name) };
    if (snapshots.before) await keep({ ...entry, before: snapshots.before.name });
    else if (created.length > 0) await keep(entry);
    for (const one of created) await store.save(env.ref, one.name, one.data, remote);
    if (snapshots.before) {
      await change(store, snapshots, entry, keep);
      const { name: by, fingerprint: key } = facts.principal;
      log.info({ remote: remote.id, by, key, env: `${kind}/${name}`, change: env.change?.summary }, 'env was changed');
    }
    const recordedEnv = { kind, name, snapshot: snapshots.after.name };
    return { recordedEnv, envHasChanged: snapshots.before !== undefined, envIsNew: snapshots.after.isNew };
  },
  undo: ({ before, after, creates, ...ref }, { env: store }, { say }) =>
    restoreEnv(store, ref, { before, after, creates }, say),
};

function createdOf({ before, after }: Snapshots): Snapshot[] {
  return [...(before ? [before] : []), after].filter(({ isNew }) => isNew);
}

async function change(store: EnvStore, { before, after }: Snapshots, entry: Entry, keep: Keep): Promise<void> {
  if (!before) return;
  try {
    await store.change(entry, before.data, after.data);
  } catch (thrown) {
    // What is there is not ours to restore: only the snapshots are to be deleted.
    if (asGitkubeError(thrown).reason === 'ObjectChanged') await keep(entry);
    throw thrown;
  }
}

/** The release is final: what was there before needs no snapshot of its own any more. */
export async function forgetBefore(store: Pick<EnvStore, 'delete'>, data: unknown): Promise<void> {
  const { before: _, after, creates, ...ref } = Entry.parse(data);
  await store.delete(
    ref,
    creates.filter((name) => name !== after),
  );
}
